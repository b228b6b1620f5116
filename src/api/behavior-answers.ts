import type { GraphileBuild, GraphileConfig } from 'postgraphile/graphile-build';

type Behavior = GraphileBuild.Build['behavior'];
type Resolved = ReturnType<Behavior['getPreferencesAppliedBehaviors']>;

/**
 * Remembers what was asked of PostGraphile's behaviors while it builds the schema. For each of some
 * hundred thousand questions it would parse the entity's whole list of behaviors, and compare every
 * behavior that a plugin has registered: half of the time of a start.
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

function rememberAnswers(behavior: Behavior): Behavior {
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
