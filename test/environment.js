import { TestEnvironment } from 'jest-environment-node';

/**
 * Gives tests the API of `shared-api.ts`, which is loaded once in each of Jest's processes and not once
 * in each test file: to load its modules and to make the GraphQL schema takes longer than most files' tests.
 */
export default class OmbaroEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.startSharedApi = async (options) => {
      const { startSharedApi } = await import('./shared-api.ts');
      return startSharedApi(options);
    };
  }
}
