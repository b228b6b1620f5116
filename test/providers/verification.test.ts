import { beautician, idFor, therapist, therapist2, type Who } from '../fixtures/market.ts';
import { openProviders, type Providers } from './support.ts';

let world: Providers;

beforeAll(async () => {
  world = await openProviders();
});

afterAll(async () => {
  await world?.close();
});

beforeEach(async () => {
  await world.reset();
  for (const table of ['therapists', 'beauticians']) {
    await world.market.owner.query(`update ${table} set verification_status = 'pending'`);
  }
});

const kinds = [
  ['a therapist', therapist, 'therapist'],
  ['a beautician', beautician, 'beautician'],
] as const;

async function waiting(who: Who): Promise<readonly Record<string, unknown>[]> {
  const { data, errors } = await world.ask(
    who,
    '{ verificationQueue(first: 100) { nodes { kind id holder what fileUrl vendorId } } }',
  );
  expect(errors).toBeUndefined();
  return data.verificationQueue.nodes.filter(({ kind }: { kind: string }) => kind === 'provider');
}

const verify = (who: Who | null, providerId: string, isRight: boolean | null, reason?: string) =>
  world.act(who, 'verifyProvider', { providerId, isRight, reason });

async function isOffered(providerId: string): Promise<boolean> {
  const { data } = await world.ask(null, 'query($id: UUID!) { provider(id: $id) { isListed } }', {
    id: providerId,
  });
  return data.provider?.isListed === true;
}

it.each(
  kinds,
)('%s is listed once found right from a proof of identity, and is told', async (_, id, person) => {
  expect(await isOffered(id)).toBe(false);
  expect(await verify('admin', id, true)).toBe('OB034');
  expect(await world.attach(person, id, 'certificate')).toBe('ok');
  expect(await verify('admin', id, true)).toBe('OB034');
  expect(await world.attach('vendor', id, 'identity')).toBe('ok');
  expect(await verify('admin', id, true)).toBe('ok');
  expect(await isOffered(id)).toBe(true);
  expect(await world.toldTo(person)).toEqual(['verification_passed']);
  expect(await world.toldTo('vendor')).toEqual(['verification_passed']);
  expect(await verify('admin', id, true)).toBe('OB030');
});

it('an expired proof of identity does not count', async () => {
  expect(await world.attach('therapist', therapist, 'identity', '2020-01-01')).toBe('ok');
  expect(await verify('admin', therapist, true)).toBe('OB034');
  expect(await world.attach('therapist', therapist, 'identity', '2099-01-01')).toBe('ok');
  expect(await verify('admin', therapist, true)).toBe('ok');
});

it('a certificate is needed where a category of the vendor asks for one', async () => {
  await world.market.owner.query(
    `insert into vendor_category_members (vendor_id, category_id)
    select t.vendor_id, c.id from therapists t, vendor_categories c
    where t.id = $1 and c.category_code = 'ayurveda'`,
    [therapist],
  );
  await world.attach('therapist', therapist, 'identity');
  expect(await verify('admin', therapist, true)).toBe('OB034');
  await world.attach('therapist', therapist, 'certificate');
  expect(await verify('admin', therapist, true)).toBe('ok');
  await world.market.owner.query('delete from vendor_category_members');
});

it('a rejection needs a reason, which provider and vendor read; another document asks for a new verdict', async () => {
  await world.attach('therapist', therapist, 'identity');
  expect(await verify('admin', therapist, null)).toBe('OB020');
  expect(await verify('admin', therapist, false, ' ')).toBe('OB036');
  expect(await verify('admin', therapist, false, ' Blurred ')).toBe('ok');
  expect(await world.stateOf(therapist)).toMatchObject({ verification: 'rejected', listed: false });
  const reasonFor = async (who: Who | null): Promise<unknown> => {
    const { data } = await world.ask(
      who,
      'query($id: UUID!) { provider(id: $id) { providerPrivateDetail { rejectionReason } } }',
      { id: therapist },
    );
    return data.provider?.providerPrivateDetail?.rejectionReason ?? null;
  };
  expect(await reasonFor('therapist')).toBe('Blurred');
  expect(await reasonFor('vendor')).toBe('Blurred');
  expect(await reasonFor('customer')).toBeNull();
  expect((await waiting('admin')).map(({ id }) => id)).not.toContain(therapist);
  await world.attach('therapist', therapist, 'identity');
  expect(await world.stateOf(therapist)).toMatchObject({ verification: 'pending' });
  expect((await waiting('admin')).map(({ id }) => id)).toContain(therapist);
  expect(await verify('admin', therapist, true)).toBe('ok');
  expect(await reasonFor('therapist')).toBeNull();
});

it('the queue lists providers who wait, with vendor and documents, and shows the document to staff who verify', async () => {
  await world.attach('beautician', beautician, 'identity');
  const rows = await waiting('admin');
  expect(rows.map(({ id }) => id).sort()).toEqual([therapist, therapist2, beautician].sort());
  expect(rows.find(({ id }) => id === beautician)).toMatchObject({
    what: 'Lotus Spa, Proof of identity',
    fileUrl: expect.stringContaining('file'),
  });
  expect(rows.find(({ id }) => id === therapist)).toMatchObject({
    what: 'Lotus Spa, no documents yet',
    fileUrl: null,
  });
  await verify('admin', beautician, true);
  expect((await waiting('admin')).map(({ id }) => id)).not.toContain(beautician);
});

describe('users who verify', () => {
  it.each([
    [null, 'OB001'],
    ['customer', '42501'],
    ['therapist', '42501'],
    ['vendor', '42501'],
    ['field_officer', 'OB002'],
    ['hr', 'OB002'],
    ['admin', 'ok'],
  ] as const)('%s: %s', async (who, code) => {
    await world.attach('therapist', therapist, 'identity');
    expect(await verify(who, therapist, true)).toBe(code);
  });

  it('no user verifies themselves, their business or people of their home or telephone', async () => {
    const { owner } = world.market;
    await world.attach('therapist', therapist, 'identity');
    const tried = async (): Promise<string> => verify('admin', therapist, true);
    await owner.query('update therapists set user_id = $2 where id = $1', [
      therapist,
      idFor('admin'),
    ]);
    expect(await tried()).toBe('OB031');
    await owner.query('update therapists set user_id = $2 where id = $1', [
      therapist,
      idFor('therapist'),
    ]);
    await owner.query('update vendors set user_id = $1 where user_id = $2', [
      idFor('admin'),
      idFor('vendor'),
    ]);
    expect(await tried()).toBe('OB031');
    await owner.query('update vendors set user_id = $1 where user_id = $2', [
      idFor('vendor'),
      idFor('admin'),
    ]);
    await owner.query(
      `update therapist_private_details set mobile = (select mobile from user_profiles where id = $2)
      where therapist_id = $1`,
      [therapist, idFor('admin')],
    );
    expect(await tried()).toBe('OB031');
    await owner.query(`update therapist_private_details set mobile = '+919876543210'`);
    expect(await tried()).toBe('ok');
  });
});

describe('documents of providers', () => {
  it.each([
    ['therapist', 'ok'],
    ['vendor', 'ok'],
    ['therapist2', '42501'],
    ['vendor2', '42501'],
    ['receptionist', '42501'],
    ['customer', '42501'],
    ['admin', '42501'],
  ] as const)('attached by %s: %s', async (who, code) => {
    expect(await world.attach(who, therapist, 'identity')).toBe(code);
  });

  it.each([
    ['therapist', 1],
    ['vendor', 1],
    ['admin', 1],
    ['therapist2', 0],
    ['vendor2', 0],
    ['receptionist', 0],
    ['customer', 0],
    ['field_officer', 0],
  ] as const)('read by %s: %s', async (who, count) => {
    await world.attach('therapist', therapist, 'identity');
    const { data } = await world.ask(who, '{ providerDocuments { nodes { fileUrl } } }');
    expect(data.providerDocuments.nodes).toHaveLength(count);
  });

  it('one that was verified stays, one that waits can be taken away', async () => {
    const remove = async (): Promise<unknown> =>
      (await world.market.owner.query('select count(*)::integer as n from provider_documents'))
        .rows[0].n;
    const removing = async (): Promise<string> => {
      const { data } = await world.ask('therapist', '{ providerDocuments { nodes { id } } }');
      return world
        .ask(
          'therapist',
          'mutation($id: UUID!) { deleteProviderDocument(input: { id: $id }) { clientMutationId } }',
          {
            id: data.providerDocuments.nodes[0].id,
          },
        )
        .then(({ errors }) => errors?.[0]?.extensions.code ?? 'ok');
    };
    await world.attach('therapist', therapist, 'identity');
    expect(await removing()).toBe('ok');
    expect(await remove()).toBe(0);
    await world.attach('therapist', therapist, 'identity');
    await verify('admin', therapist, true);
    expect(await removing()).not.toBe('ok');
    expect(await remove()).toBe(1);
  });
});
