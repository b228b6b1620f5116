import { Agent } from 'node:https';
import {
  isPublicAddress,
  makePublicAgent,
  type Resolve,
} from '../../src/work/channels/public-agent.ts';
import { type Agents, makeAgents } from '../../src/work/webhooks/agents.ts';
import { resolveByServers } from '../../src/work/webhooks/resolve.ts';
import { sendWebhook } from '../../src/work/webhooks/send.ts';
import { makeSecureServer } from '../messages/browser.ts';
import { type Provider, startProvider } from '../messages/providers.ts';
import { verify } from './support.ts';

const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

let neighbour: Provider;
const opened: Agents[] = [];

beforeEach(async () => {
  neighbour = await startProvider(makeSecureServer);
});

afterEach(async () => {
  for (const agents of opened.splice(0)) {
    agents.close();
  }
  await neighbour.close();
});

function agentsWhere(resolve: Resolve, allowsLoopback = false): Agents {
  const agents = makeAgents({ resolve, allowsLoopback });
  opened.push(agents);
  return agents;
}

const leadsTo =
  (...addresses: string[]): Resolve =>
  (_hostname, _options, done) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

const send = (url: string, agents: Agents) =>
  sendWebhook({ id: 'm1', url, secrets: [secret], body: '{}' }, agents, 2_000);
const named = () => neighbour.url.replace('localhost', 'shop.example.com');

it.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '198.18.0.1',
  '::',
  '::1',
  'fd00::1',
  'fe80::1',
  'fe80::1%lo',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::7f00:1',
  '2002:7f00:1::',
  '2001::1',
])('a name that leads to %s is not called', async (address) => {
  const ended = await send(named(), agentsWhere(leadsTo(address)));
  expect(ended).toMatchObject({
    outcome: 'failed',
    error: 'shop.example.com is not a public internet address.',
  });
  expect(neighbour.received).toHaveLength(0);
});

it('one internal address among others is enough to refuse', async () => {
  const ended = await send(named(), agentsWhere(leadsTo('93.184.215.14', '127.0.0.1')));
  expect(ended.error).toContain('not a public internet address');
  expect(neighbour.received).toHaveLength(0);
});

it('a name that changes from an external to an internal address is refused then', async () => {
  const answers = ['93.184.215.14', '127.0.0.1'];
  const agent = makePublicAgent((_hostname, _options, done) =>
    done(null, [{ address: answers.shift() ?? '', family: 4 }]),
  );
  const look = () =>
    new Promise((resolve) => {
      const { lookup } = agent.options;
      lookup?.('shop.example.com', { all: true }, (error, found) => {
        resolve(error?.message ?? found);
      });
    });
  // What is looked up here is what is connected to: there is no second look in between.
  expect(isPublicAddress('93.184.215.14')).toBe(true);
  expect(await look()).toEqual([{ address: '93.184.215.14', family: 4 }]);
  expect(await look()).toBe('shop.example.com is not a public internet address.');
  agent.destroy();
});

it.each([
  'https://127.0.0.1:PORT/',
  'https://[::1]:PORT/',
  'https://2130706433:PORT/',
  'https://0x7f.1:PORT/',
  'http://127.0.0.1:PORT/',
  'http://localhost:PORT/',
  'http://shop.example.com:PORT/',
])('%s is not called though it is in the table', async (address) => {
  const url = address.replace('PORT', new URL(neighbour.url).port);
  const ended = await send(url, agentsWhere(leadsTo('127.0.0.1')));
  expect(ended).toMatchObject({
    outcome: 'failed',
    error: 'Webhooks are not sent to this address.',
  });
  expect(neighbour.received).toHaveLength(0);
});

it('this machine is called over http in development, and no other', async () => {
  const here = await startProvider();
  try {
    const agents = agentsWhere(leadsTo('127.0.0.1'), true);
    expect(await send(here.url, agents)).toMatchObject({ outcome: 'sent' });
    const elsewhere = here.url.replace('localhost', 'shop.example.com');
    expect(await send(elsewhere, agents)).toMatchObject({ outcome: 'failed' });
    expect(here.received).toHaveLength(1);
  } finally {
    await here.close();
  }
});

it('over https a webhook arrives, and not where the certificate is another’s', async () => {
  const trusting = new Agent({ rejectUnauthorized: false });
  const strict = new Agent();
  const only = (agent: Agent): Agents => ({
    agentFor: () => agent,
    close: () => agent.destroy(),
  });
  opened.push(only(trusting), only(strict));
  expect(await send(neighbour.url, only(strict))).toMatchObject({ outcome: 'failed' });
  expect(neighbour.received).toHaveLength(0);
  expect(await send(neighbour.url, only(trusting))).toMatchObject({ outcome: 'sent', status: 200 });
  const [request] = neighbour.received;
  expect(request && verify(request, secret)).toEqual({});
});

it('an unknown name is an error, and no address', async () => {
  const error = await new Promise<Error | null>((resolve) => {
    resolveByServers('no-such-name.invalid', { all: true }, resolve);
  });
  expect(error?.message).toBe('The name no-such-name.invalid was not found.');
});
