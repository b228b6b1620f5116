/** @type {import('jest').Config} */
const config = {
  testEnvironment: '<rootDir>/test/environment.js',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' } }],
  },
  globalSetup: '<rootDir>/test/global-setup.ts',
  globalTeardown: '<rootDir>/test/global-teardown.ts',
  testTimeout: 60_000,
  // Half of the time a test waits for PostgreSQL: by one for each core no process is in the way of another.
  maxWorkers: '100%',
  // What a file has loaded stays in memory, and the more there is the longer the collector takes. A process that holds
  // this much is replaced before the next file.
  workerIdleMemoryLimit: '800MB',
};

export default config;
