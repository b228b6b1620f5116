import type { GraphileConfig } from 'postgraphile/graphile-build';

/**
 * Makes enums of arguments that take a value of a closed list. Columns are known by their foreign
 * key; an argument of a function has none, so the tag `enumArgument` names it and the list:
 * `order_by nearby_vendor_order`.
 */
export const ArgumentEnumsPlugin: GraphileConfig.Plugin = {
  name: 'OmbaroArgumentEnumsPlugin',
  version: '1.0.0',
  gather: {
    hooks: {
      async pgProcedures_PgResourceOptions(info, event) {
        const { pgProc, serviceName, resourceOptions: options } = event;
        const pairs = [pgProc.getTags().enumArgument ?? []].flat().map(String);
        if (pairs.length === 0) {
          return;
        }
        const { introspection } = await info.helpers.pgIntrospection.getService(serviceName);
        for (const pair of pairs) {
          const [argument, list] = pair.split(' ');
          const key = introspection.constraints.find((constraint) => {
            const table = constraint.contype === 'p' ? constraint.getClass() : undefined;
            return table?.relname === list && table?.getNamespace()?.nspname === 'enums';
          });
          const codec = key && info.helpers.pgEnumTables.enumCodecForConstraint(key);
          if (!codec || !options.parameters?.some(({ name }) => name === argument)) {
            throw new Error(`The tag enumArgument of ${pgProc.proname} names nothing: ${pair}`);
          }
          options.parameters = options.parameters.map((parameter) =>
            parameter.name === argument ? { ...parameter, codec } : parameter,
          );
        }
      },
    },
  },
};
