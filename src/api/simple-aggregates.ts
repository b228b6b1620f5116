const offered = new Set(['sum', 'distinctCount', 'min', 'max', 'average']);

/** Leaves out the standard deviations and variances: four types for every table that no client uses. */
export const SimpleAggregatesPlugin: GraphileConfig.Plugin = {
  name: 'OmbaroSimpleAggregatesPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      build: {
        after: ['PgAggregatesSpecsPlugin'],
        callback(build) {
          const specs = build.pgAggregateSpecs ?? [];
          return Object.assign(build, {
            pgAggregateSpecs: specs.filter(({ id }) => offered.has(id)),
          });
        },
      },
    },
  },
};
