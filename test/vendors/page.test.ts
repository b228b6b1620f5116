import { randomUUID } from 'node:crypto';
import { makeSteps } from '../booking/steps.ts';
import { idFor, nearAddress, therapist, vendor, type Who } from '../fixtures/market.ts';
import { addStoredFile } from '../helpers/files.ts';
import { openVendors, type Vendors } from './support.ts';

let world: Vendors;
const { assigned } = makeSteps(() => world.market);

/** Pictures that a vendor may have. */
const galleryMaximum = 20;

beforeAll(async () => {
  world = await openVendors();
});

afterAll(async () => {
  await world?.close();
});

beforeEach(async () => {
  await world.reopen();
  await world.market.owner.query('delete from vendor_pictures');
});

const picture = (who: Who = 'vendor') =>
  addStoredFile(world.market.owner, idFor(who), 'vendor_picture');

const write = async (who: Who | null, patch: Record<string, unknown>): Promise<string> =>
  (
    await world.ask(
      who,
      'mutation ($input: UpdateVendorInput!) { updateVendor(input: $input) { clientMutationId } }',
      { input: { id: vendor, patch } },
    )
  ).errors?.[0]?.extensions.code ?? 'ok';

async function add(who: Who | null, caption?: string, imageUrl?: string): Promise<string> {
  const { data, errors } = await world.ask(
    who,
    `mutation ($input: CreateVendorPictureInput!) {
      createVendorPicture(input: $input) { vendorPicture { id } } }`,
    {
      input: {
        vendorPicture: {
          vendorId: vendor,
          caption,
          imageUrl: imageUrl ?? (await picture(who ?? 'vendor')),
        },
      },
    },
  );
  return errors?.[0]?.extensions.code ?? data.createVendorPicture.vendorPicture.id;
}

const arrange = async (who: Who | null, pictureIds: readonly string[]) =>
  (
    await world.ask(
      who,
      `mutation ($input: ArrangeVendorPicturesInput!) {
        arrangeVendorPictures(input: $input) { result { position } } }`,
      { input: { vendorId: vendor, pictureIds } },
    )
  ).errors?.[0]?.extensions.code ?? 'ok';

const page = async (who: Who | null = null) =>
  (
    await world.ask(
      who,
      `query ($id: UUID!) { vendor(id: $id) {
        website telephone logoDownloadUrl coverImageDownloadUrl
        vendorPictures(orderBy: POSITION_ASC) { nodes { id caption position imageDownloadUrl } } }
        vendorPictures(filter: { vendorId: { equalTo: $id } }) { totalCount } }`,
      { id: vendor },
    )
  ).data;

describe('the page of a vendor', () => {
  it('has a website, a telephone, a logo and a cover, which the public reads while the vendor is listed', async () => {
    expect(
      await write('vendor', {
        website: 'https://www.lotus-spa.example.com/pune?from=ombaro',
        telephone: '+912026123456',
        logo: await picture(),
        coverImage: await picture(),
      }),
    ).toBe('ok');
    const gallery = await add('vendor', 'The garden');
    const shown = {
      website: 'https://www.lotus-spa.example.com/pune?from=ombaro',
      telephone: '+912026123456',
    };
    const seen = await page();
    expect(seen.vendor).toMatchObject(shown);
    expect(seen.vendor.vendorPictures.nodes).toMatchObject([
      { id: gallery, caption: 'The garden', position: 1 },
    ]);
    await world.suspend('admin');
    expect(await page()).toEqual({ vendor: null, vendorPictures: { totalCount: 0 } });
    // Its own people still see it, and the public again when it is back.
    expect((await page('vendor')).vendor).toMatchObject(shown);
    await world.reinstate('admin');
    expect((await page()).vendorPictures).toEqual({ totalCount: 1 });
  });

  it.each([
    ['vendor', 'ok'],
    ['receptionist', 'OB003'],
    ['therapist', 'OB003'],
    ['vendor2', 'OB003'],
    ['customer', 'OB003'],
    [null, 'OB001'],
  ] as const)('is written by %s: %s', async (who, code) => {
    expect(await write(who, { telephone: '+919876543210' })).toBe(code);
  });

  it.each([
    ['website', 'http://lotus.example.com'],
    ['website', 'https://lotus'],
    ['website', 'https://user@lotus.example.com'],
    ['website', 'javascript:alert(1)'],
    ['website', `https://lotus.example.com/${'a'.repeat(500)}`],
    ['telephone', '020 2612 3456'],
    ['telephone', '+14155550100'],
    ['telephone', '+9120261234'],
    ['telephone', '+910261234567'],
  ])('refuses %s %s', async (field, value) => {
    expect(await write('vendor', { [field]: value })).toBe('23514');
    expect(await write('vendor', { [field]: null })).toBe('ok');
  });

  it('shows pictures that were sent for it, by who writes it, and no others', async () => {
    const foreign = await picture('vendor2');
    const portrait = await addStoredFile(world.market.owner, idFor('vendor'), 'profile_image');
    expect(await write('vendor', { logo: foreign })).toBe('OB003');
    expect(await write('vendor', { logo: portrait })).toBe('OB003');
    expect(await add('vendor', 'Mine?', foreign)).toBe('OB003');
    expect(await write('vendor', { logo: await picture() })).toBe('ok');
  });

  it('is cleaned by the platform, but not filled', async () => {
    await write('vendor', { logo: await picture() });
    const id = await add('vendor');
    expect(await write('customer_care', { logo: null })).toBe('OB003');
    expect(await write('admin', { logo: null })).toBe('ok');
    expect(await add('admin')).toBe('42501');
    const remove = async (who: Who) =>
      (
        await world.ask(
          who,
          'mutation ($id: UUID!) { deleteVendorPicture(input: { id: $id }) { clientMutationId } }',
          { id },
        )
      ).errors?.[0]?.extensions.code ?? 'ok';
    expect(await remove('vendor2')).toBe('OB003');
    expect(await remove('customer_care')).toBe('OB003');
    expect(await remove('admin')).toBe('ok');
  });
});

describe('the pictures of a vendor', () => {
  it('are added behind each other, put into an order by the vendor, and captioned', async () => {
    const [one, two, three] = [
      await add('vendor', 'One'),
      await add('vendor'),
      await add('vendor'),
    ];
    const order = async () =>
      (await page()).vendor.vendorPictures.nodes.map(({ id }: { id: string }) => id);
    expect(await order()).toEqual([one, two, three]);
    expect(await arrange('vendor', [three, one, two])).toBe('ok');
    expect(await order()).toEqual([three, one, two]);
    for (const wrong of [[three, one], [three, one, one], [three, one, randomUUID()], []]) {
      expect(await arrange('vendor', wrong)).toBe('OB020');
    }
    expect(await arrange('receptionist', [one, two, three])).toBe('OB002');
    expect(await arrange('vendor2', [one, two, three])).toBe('OB002');
    expect(await arrange(null, [one, two, three])).toBe('OB001');
    expect(await order()).toEqual([three, one, two]);
    const caption = async (value: string) =>
      (
        await world.ask(
          'vendor',
          `mutation ($id: UUID!, $caption: String) { updateVendorPicture(input: { id: $id, patch: { caption: $caption } }) {
            clientMutationId } }`,
          { id: one, caption: value },
        )
      ).errors?.[0]?.extensions.code ?? 'ok';
    expect(await caption('The pool')).toBe('ok');
    expect(await caption('a'.repeat(201))).toBe('23514');
  });

  it(`are at most ${galleryMaximum}, also when two are added at once`, async () => {
    for (let count = 1; count < galleryMaximum; count += 1) {
      expect(await add('vendor')).toMatch(/-/);
    }
    const ends = await Promise.all([add('vendor'), add('vendor'), add('vendor')]);
    expect(ends.filter((end) => end === 'OB030')).toHaveLength(2);
    expect((await page()).vendorPictures.totalCount).toBe(galleryMaximum);
    // Positive control: it is a setting.
    await world.market.owner.query(
      `update system_settings set value = '21' where key = 'vendors.gallery_maximum'`,
    );
    expect(await add('vendor')).toMatch(/-/);
  });

  it('that are removed are deleted with their files', async () => {
    const reference = await picture();
    const id = await add('vendor', 'Old', reference);
    const fileId = reference.slice('file:'.length);
    const status = async () =>
      (await world.market.one('select status from files where id = $1', [fileId])).status;
    const retire = async () => {
      // Only time does that: a file that nothing uses is kept for a day.
      await world.market.owner.query(
        `update files set unused_since = unused_since - interval '25 hours' where id = $1`,
        [fileId],
      );
      await world.market.owner.query('select app_private.retire_files(1000)');
    };
    await retire();
    expect(await status()).toBe('stored');
    await world.ask(
      'vendor',
      'mutation ($id: UUID!) { deleteVendorPicture(input: { id: $id }) { clientMutationId } }',
      { id },
    );
    await retire();
    expect(await status()).toBe('deleted');
    const { rowCount } = await world.market.owner.query(
      'select from app_private.file_removals where id = $1',
      [fileId],
    );
    expect(rowCount).toBe(1);
    // The same when another logo takes its place.
    const logo = await picture();
    await write('vendor', { logo });
    await write('vendor', { logo: await picture() });
    expect(
      await world.market.one(
        'select unused_since is not null as is_unused from files where id = $1',
        [logo.slice('file:'.length)],
      ),
    ).toEqual({ is_unused: true });
  });
});

describe('telephones', () => {
  const call = async (who: Who, id: unknown) => {
    const { data } = await world.ask(
      who,
      'query ($id: UUID!) { booking(id: $id) { providerMobile vendor { telephone vendorPrivateDetail { contactMobile } } } }',
      { id },
    );
    return data.booking;
  };
  const mobileOf = async (table: string, column: string, id: string) =>
    (await world.market.one(`select mobile from ${table} where ${column} = $1`, [id])).mobile;

  it('a customer sees that of the vendor, also when it is not listed, and not its private one', async () => {
    await write('vendor', { telephone: '+912026123456' });
    const { who, id } = await assigned();
    const seen = { telephone: '+912026123456', vendorPrivateDetail: null };
    expect((await call(who, id)).vendor).toEqual(seen);
    await world.market.owner.query(`update vendors set status = 'suspended' where id = $1`, [
      vendor,
    ]);
    expect((await call(who, id)).vendor).toEqual(seen);
  });

  it('a customer sees that of the provider while on the way, and neither before nor during the service', async () => {
    await world.market.owner.query(
      `insert into therapist_private_details (therapist_id, mobile) values ($1, '+919876500011')
      on conflict (therapist_id) do update set mobile = excluded.mobile`,
      [therapist],
    );
    const mobile = await mobileOf('therapist_private_details', 'therapist_id', therapist);
    const who = 'customer';
    const { id } = await world.market.book(who, {
      startsAt: new Date(Math.ceil(Date.now() / 36e5) * 36e5 + 300 * 36e5),
      type: 'home_service',
      address: nearAddress,
    });
    await world.market.call('vendor', 'assign_therapist', {
      booking_id: id,
      therapist_id: therapist,
    });
    const seen = async (by: Who = who) => (await call(by, id))?.providerMobile ?? null;
    expect(await seen()).toBeNull();
    await world.market.call('therapist', 'acknowledge_assignment', { booking_id: id });
    expect(await seen()).toBeNull();
    await world.market.bringToStart(id, 0);
    await world.market.call('therapist', 'start_travel', { booking_id: id });
    expect(await seen()).toBe(mobile);
    // No one else reads it there, the desk has it elsewhere.
    expect(await seen('vendor')).toBeNull();
    expect(await seen('admin')).toBeNull();
    expect(await seen('customer2')).toBeNull();
    await world.market.call('therapist', 'arrive', { booking_id: id });
    expect(await seen()).toBe(mobile);
    await world.market.startService('therapist', id);
    expect(await seen()).toBeNull();
  });
});
