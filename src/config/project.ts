import path from 'node:path';

/** The folder of package.json, whatever the working directory is. */
export const projectRoot = path.resolve(import.meta.dirname, '../..');

export const migrationsFolder = path.join(projectRoot, 'migrations');

/** The work in progress. */
export const currentFolder = path.join(migrationsFolder, 'current');

/** What migrations include: functions and texts as they are now, one file each. */
export const fixturesFolder = path.join(migrationsFolder, 'fixtures');

/** Runs the command line on any Node. */
export const launcher = path.join(projectRoot, 'bin', 'ombaro.js');
