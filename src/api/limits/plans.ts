import type { GraphQLSchema } from 'postgraphile/graphql';

/** How many plans are remembered. A plan takes some 20 kB for each object in it. */
const maxPlans = 100;
/** Objects in a plan that is worth remembering: what clients send has fewer. */
const maxObjects = 60;

/**
 * Makes the function that gives the schema to run an operation of so many objects with. Grafast
 * remembers plans at the schema, by their number and not by their size: a large operation runs with
 * a schema of its own, which is forgotten with it.
 */
export function makeSchemaToRun(schema: GraphQLSchema): (objects: number) => GraphQLSchema {
  const grafast = { ...schema.extensions.grafast, operationsCacheMaxLength: maxPlans };
  schema.extensions = { ...schema.extensions, grafast: { ...grafast } };
  return (objects) =>
    objects <= maxObjects
      ? schema
      : Object.create(schema, {
          extensions: { value: { ...schema.extensions, grafast: { ...grafast } } },
        });
}
