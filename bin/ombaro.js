#!/usr/bin/env node
// Any Node reads this file, also one that is too old for the rest: no `import` statement and no newer syntax here.
const oldest = 18;
const version = process.versions.node;

if (Number(version.split('.')[0]) < oldest) {
  process.stderr.write(
    `OMBARO cannot start on Node ${version}. Install Node 20 or newer (https://nodejs.org), then run the command again.\n`,
  );
  process.exitCode = 1;
} else {
  import('./start.js');
}
