// Runs on any Node from 18 on; the command line itself runs on the pinned one.
import { readFileSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { runPinned } from './pinned.js';

const { dependencies } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);
const cli = new URL('../src/cli/cli.ts', import.meta.url);

if (process.versions.node === dependencies.node) {
  // What was compiled once is read at the next start, which halves the time of loading; a folder that cannot be
  // written does no harm.
  module.enableCompileCache(
    fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)),
  );
  const { main } = await import(cli.href);
  await main(process.argv.slice(2));
} else {
  runPinned([fileURLToPath(new URL('ombaro.js', import.meta.url)), ...process.argv.slice(2)]);
}
