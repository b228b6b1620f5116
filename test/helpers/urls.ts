/** The connections to the template database; `root` is the administrator's, to the database `postgres`. */
export type TestUrls = {
  readonly root: string;
  readonly owner: string;
  readonly api: string;
  readonly worker: string;
};

export const templateDatabase = 'ombaro_template';

/** How the global set-up tells the test files, which run in other processes. */
export const urlsVariable = 'OMBARO_TEST_URLS';

export function testUrls(): TestUrls {
  const value = process.env[urlsVariable];
  if (value === undefined) {
    throw new Error('The test server is not running. Run tests with: npm test');
  }
  return JSON.parse(value) as TestUrls;
}
