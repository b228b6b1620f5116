import type { GraphileBuild, GraphileConfig } from 'postgraphile/graphile-build';

type Behavior = GraphileBuild.Build['behavior'];
type Resolved = ReturnType<Behavior['getPreferencesAppliedBehaviors']>;

/**
 * Remembers what was asked of PostGraphile's behaviors while it builds the schema. For each of some
 * hundred thousand questions it would look for the entity among all others, parse its whole list of behaviors, and
 * compare every behavior that a plugin has registered: more than half of the time of a start.
 */
export const BehaviorAnswersPlugin: GraphileConfig.Plugin = {
  name: 'OmbaroBehaviorAnswersPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      build(build) {
        let behavior: Behavior | undefined;
        // It is made after this hook, and frozen after that.
        Object.defineProperty(build, 'behavior', {
          enumerable: true,
          get: () => behavior,
          set: (made: Behavior) => {
            behavior = rememberAnswers(made);
          },
        });
        return build;
      },
    },
  },
};

/** What an entity resolves to, by its kind and its parts: an attribute is a codec and a name. */
type Known = { resolved?: Resolved; readonly next: Map<unknown, Known> };

function rememberAnswers(behavior: Behavior): Behavior {
  const resolve = behavior.getBehaviorForEntity.bind(behavior);
  const root: Known = { next: new Map() };
  behavior.getBehaviorForEntity = (type, entity) => {
    let known = root;
    for (const part of [type, ...(Array.isArray(entity) ? entity : [entity])]) {
      let next = known.next.get(part);
      if (next === undefined) {
        next = { next: new Map() };
        known.next.set(part, next);
      }
      known = next;
    }
    known.resolved ??= resolve(type, entity);
    return known.resolved;
  };

  const matches = behavior.entityMatches.bind(behavior);
  const isRegistered = new Set<string>();
  const answers = new Map<Resolved, Map<string, boolean | undefined>>();
  behavior.entityMatches = (type, entity, filter) => {
    const use = `${type} ${filter}`;
    if (!isRegistered.has(use)) {
      // Warns of a behavior that no plugin has registered.
      isRegistered.add(use);
      return matches(type, entity, filter);
    }
    const resolved = behavior.getBehaviorForEntity(type, entity);
    const known = answers.get(resolved) ?? new Map<string, boolean | undefined>();
    answers.set(resolved, known);
    if (!known.has(filter)) {
      known.set(filter, behavior.stringMatches(resolved.behaviorString, filter));
    }
    return known.get(filter);
  };

  const applyPreferences = behavior.getPreferencesAppliedBehaviors.bind(behavior);
  const applied = new Map<string, Resolved>();
  behavior.getPreferencesAppliedBehaviors = (type, inferred, override) => {
    // The entity's kind does not matter to the result: only a warning names it.
    const question = `${inferred.behaviorString} then ${override.behaviorString}`;
    const known = applied.get(question) ?? applyPreferences(type, inferred, override);
    applied.set(question, known);
    return known;
  };
  return behavior;
}
