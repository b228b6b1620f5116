import type { GraphileConfig } from 'postgraphile/graphile-build';

/** A column `id` is `id`, as in SQL; GraphQL's global object identifier is `nodeId`. */
export const NamingPlugin: GraphileConfig.Plugin = {
  name: 'OmbaroNamingPlugin',
  version: '1.0.0',
  inflection: {
    add: {
      // The plugin that has it is left out, and the simplifying one would warn that it is missing.
      nodeById(_preset, typeName) {
        return this.camelCase(typeName);
      },
    },
    replace: {
      singularize(previous, _preset, word) {
        // The library knows the leaves of trees; ours are days off.
        return /leaves$/i.test(word) ? word.slice(0, -1) : (previous?.(word) ?? word);
      },
      nodeIdFieldName() {
        return 'nodeId';
      },
      _attributeName(_previous, _options, { codec, attributeName }) {
        const attribute = codec.attributes[attributeName];
        const name = attribute?.extensions?.tags?.name;
        return this.coerceToGraphQLName(typeof name === 'string' ? name : attributeName);
      },
    },
  },
};
