import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../src/config/project.ts';
import { makeCommandLine } from '../helpers/command-line.ts';
import type { Block } from './pages.ts';

const typescript = path.join(projectRoot, 'node_modules/typescript/bin/tsc');

/** Version 3 of Apollo Client names folders, which bundlers find and Node does not. */
const resolveAsBundlersDo = `
import { registerHooks } from 'node:module';
registerHooks({
  resolve(specifier, context, next) {
    try {
      return next(specifier, context);
    } catch (error) {
      if (specifier.startsWith('@apollo/client3/')) {
        return next(specifier + '/index.js', context);
      }
      throw error;
    }
  },
});
`;

/** Puts the TypeScript of pages into a folder as the files that they say they are. */
export function writeFiles(folder: string, blocks: readonly Block[], url: string): void {
  mkdirSync(folder, { recursive: true });
  symlinkSync(path.join(projectRoot, 'node_modules'), path.join(folder, 'node_modules'));
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: path.join(projectRoot, 'tsconfig.json'),
      compilerOptions: {
        lib: ['es2024', 'dom', 'dom.iterable'],
        types: ['node'],
        // Stricter than `strict`, and than the clients' own types.
        exactOptionalPropertyTypes: false,
      },
      include: ['*.ts'],
    }),
  );
  writeFileSync(path.join(folder, 'resolve.mjs'), resolveAsBundlersDo);
  copyFileSync(
    path.join(projectRoot, 'examples/live-client.ts'),
    path.join(folder, 'live-client.ts'),
  );
  const files = new Map(blocks.map((block) => [nameOf(block), block.code]));
  const apollo = files.get('apollo-use.ts');
  if (apollo !== undefined) {
    files.set('apollo3-use.ts', apollo.replace('./apollo4.ts', './apollo3.ts'));
  }
  for (const [name, code] of files) {
    // Both versions are installed, the older one under a name of its own.
    const isOld = name.startsWith('apollo3');
    writeFileSync(
      path.join(folder, name),
      code
        .replaceAll('http://127.0.0.1:5678', url)
        .replaceAll('ws://127.0.0.1:5678', url.replace('http', 'ws'))
        .replaceAll('@apollo/client', isOld ? '@apollo/client3' : '@apollo/client'),
    );
  }
}

/** What the compiler has to say about the files; empty when all is well. */
export async function typeErrorsIn(folder: string): Promise<string> {
  const run = makeCommandLine(folder, {});
  const { stdout } = await run(process.execPath, [typescript, '-p', folder]);
  return stdout;
}

export type RunningClient = {
  /** The lines that it has printed. */
  readonly lines: () => string[];
  readonly stop: () => void;
};

export function startClient(folder: string, name: string, token: string): RunningClient {
  const child: ChildProcess = spawn(process.execPath, ['--import', './resolve.mjs', name], {
    cwd: folder,
    env: { PATH: process.env.PATH, TOKEN: token },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  return {
    lines: () => output.split('\n').filter((line) => line !== ''),
    stop: () => child.kill('SIGKILL'),
  };
}

function nameOf({ words, line }: Block): string {
  return typeof words.in === 'string' ? words.in : `line-${line}.ts`;
}
