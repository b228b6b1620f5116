import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { decodeJwt, jwtVerify } from 'jose';
import { projectRoot } from '../../src/config/project.ts';
import { personaNames, personas } from '../../src/demo/personas.ts';
import { type CommandLine, makeCommandLine } from '../helpers/command-line.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';

let folder: TemporaryDirectory;
let run: CommandLine;

beforeAll(() => {
  folder = makeTemporaryDirectory();
  run = makeCommandLine(projectRoot, {
    OMBARO_DATA_DIR: path.join(folder.path, 'data'),
    EMBEDDED_PORT: '50002',
  });
});

afterAll(() => {
  folder.remove();
});

const ombaro = (args: string[], variables?: Record<string, string>) =>
  run(process.execPath, ['bin/ombaro.js', ...args], variables);

describe('npx ombaro', () => {
  it('lists its commands', async () => {
    const { code, stdout } = await ombaro(['--help']);
    expect(code).toBe(0);
    for (const verb of [
      'serve',
      'worker',
      'env',
      'db start',
      'migrate commit',
      'token <persona>',
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${verb} `, 'm'));
    }
  });

  it.each([
    ['serve'],
    ['worker'],
    ['env'],
    ['db', 'start'],
    ['db', 'stop'],
    ['migrate'],
    ['migrate', 'commit'],
    ['migrate', 'status'],
    ['migrate', 'export'],
    ['migrate', 'undo'],
    ['backup'],
    ['restore'],
    ['export'],
    ['import'],
    ['verify'],
    ['rollback'],
    ['admin', 'create'],
    ['admin', 'list'],
    ['admin', 'recover'],
    ['token'],
    ['generate'],
    ['validate'],
    ['import', '--from'],
  ])('%s %s explains itself', async (...verb) => {
    const { code, stdout } = await ombaro([...verb, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(`Usage: npx ombaro ${verb.filter(Boolean).join(' ')}`);
  });

  it.each([
    [['dance'], /There is no command "dance"/],
    [['migrate', 'sideways'], /Usage: npx ombaro migrate/],
    [['token'], /Usage: npx ombaro token <persona>/],
    [['token', 'stranger'], /There is no persona "stranger"/],
    [['token', '--user', 'asha'], /"asha" is not the id of a user/],
    [['token', 'vendor', '--user', personas.vendor.id], /Give either "vendor" or --user/],
    [['env', '--loudly'], /--loudly/],
    [[], /^$/],
  ])('%j is a mistake', async (args, message) => {
    const { code, stderr } = await ombaro(args);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });

  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8'));
    expect(await ombaro(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('lists the personas in the help of token', async () => {
    const { stdout } = await ombaro(['token', '--help']);
    expect(stdout).toMatch('npx ombaro token --user <id>');
    for (const name of personaNames) {
      expect(stdout).toMatch(new RegExp(`^  ${name}$`, 'm'));
    }
  });

  it('reports every mistake in the settings', async () => {
    const { code, stderr } = await ombaro(['env'], { PORT: 'x', MAX_QUERY_DEPTH: 'y' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/PORT[\s\S]*MAX_QUERY_DEPTH/);
  });
});

describe('npx ombaro token', () => {
  it('signs for a persona, as long as asked', async () => {
    const { stdout } = await ombaro(['token', 'vendor', '--lifetime', '90 s']);
    const claims = decodeJwt(stdout.trim());
    expect(claims).toMatchObject({
      sub: personas.vendor.id,
      role: 'authenticated',
      iss: 'ombaro',
      aud: 'authenticated',
    });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(90);
  });

  it('is refused in production unless it is allowed by a setting', async () => {
    const production = { NODE_ENV: 'production' };
    expect(await ombaro(['token', 'vendor'], production)).toMatchObject({ code: 1, stdout: '' });
    const asked = { ...production, DEMO_TOKENS: 'true' };
    expect(await ombaro(['token', 'vendor'], asked)).toMatchObject({ code: 0 });
  });
});

describe('with private keys', () => {
  it('token signs with the first, and env tells other programs where they are', async () => {
    const file = path.join(folder.path, 'keys.pem');
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const keys = { JWT_PRIVATE_KEYS: file };
    const { stdout } = await ombaro(['token', 'customer'], keys);
    const { payload, protectedHeader } = await jwtVerify(stdout.trim(), publicKey);
    expect([payload.sub, protectedHeader.alg]).toEqual([personas.customer.id, 'ES256']);
    const env = await ombaro(['env'], keys);
    expect(env.stdout).toMatch(`export JWT_PRIVATE_KEYS='${file}'`);
    expect(env.stdout).not.toMatch(/JWT_SECRET/);
  });

  it('token cannot sign with the keys of another issuer', async () => {
    const variables = { JWKS_URL: 'https://issuer.example/jwks.json' };
    const { code, stdout, stderr } = await ombaro(['token', 'customer'], variables);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/JWT_PRIVATE_KEYS/);
  });
});

describe('npx ombaro env', () => {
  it('prints what a shell can evaluate', async () => {
    const { stdout } = await ombaro(['env']);
    const shell = await run('bash', ['-c', `${stdout}\necho "$DATABASE_URL $PGPORT"`]);
    expect(shell.stdout).toMatch(
      /^postgres:\/\/ombaro_owner:\S+@127\.0\.0\.1:50002\/ombaro 50002$/m,
    );
  });
});
