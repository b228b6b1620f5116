import { codeOf } from '../db/attempt.ts';
import { untilBlocked } from '../db/concurrency.ts';
import { addVendor } from '../fixtures/market.ts';
import { claimsOf, idOf } from '../fixtures/people.ts';
import { addStoredFile } from '../helpers/files.ts';
import { applicationAt, type Onboarding, outcome, startOnboarding, type Who } from './support.ts';

let onboarding: Onboarding;

beforeAll(async () => {
  onboarding = await startOnboarding();
});

afterAll(async () => {
  await onboarding?.close();
});

const kinds = [
  'spa',
  'salon',
  'wellness',
  'home_service',
  'hotel_spa',
  'gym_fitness',
  'yoga_meditation',
  'ayurveda',
];

async function treeFor(who: Who | null): Promise<readonly string[]> {
  const { data, errors } = await onboarding.ask(
    who,
    '{ vendorCategoryTree { categoryCode depth } }',
  );
  expect(errors).toBeUndefined();
  return data.vendorCategoryTree.map(
    ({ categoryCode, depth }: { categoryCode: string; depth: number }) =>
      `${'-'.repeat(depth)}${categoryCode}`,
  );
}

async function addCategory(code: string, parent: string | null, name = code): Promise<void> {
  await onboarding.owner.query(
    `insert into vendor_categories (category_code, category_name, display_order, parent_id)
    values ($1, $3, 5, (select id from vendor_categories where category_code = $2))`,
    [code, parent, name],
  );
}

describe('the tree of categories', () => {
  it('has the eight kinds in their order, with icons, for a visitor', async () => {
    expect(await treeFor(null)).toEqual(kinds);
    const { data } = await onboarding.ask(
      null,
      '{ vendorCategories { nodes { iconName isActive displayOrder } } }',
    );
    expect(data.vendorCategories.nodes).toHaveLength(kinds.length);
    for (const category of data.vendorCategories.nodes) {
      expect(category).toEqual({
        iconName: expect.stringMatching(/^[a-z_]+$/),
        isActive: true,
        displayOrder: expect.any(Number),
      });
    }
  });

  it('comes whole in one answer, each branch under its parent, namesakes too', async () => {
    await addCategory('medical_spa', 'spa', 'Namesake');
    await addCategory('day_spa', 'spa', 'Namesake');
    await addCategory('day_spa_for_two', 'day_spa');
    await addCategory('medical_spa_with_doctor', 'medical_spa');
    const tree = await treeFor(null);
    const branches = [
      ['-day_spa', '--day_spa_for_two'],
      ['-medical_spa', '--medical_spa_with_doctor'],
    ];
    expect([
      ['spa', ...branches.flat(), ...kinds.slice(1)],
      ['spa', ...branches.toReversed().flat(), ...kinds.slice(1)],
    ]).toContainEqual(tree);
  });

  it('hides an inactive branch from visitors, and shows it to others', async () => {
    await addCategory('barber', 'salon');
    await addCategory('beard', 'barber');
    await onboarding.owner.query(
      `update vendor_categories set is_active = false where category_code = 'barber'`,
    );
    expect(await treeFor(null)).not.toContain('-barber');
    expect(await treeFor(null)).not.toContain('--beard');
    expect(await treeFor('customer')).toEqual(expect.arrayContaining(['-barber', '--beard']));
  });

  it('is changed by the staff who keep the catalogue, and by no customer', async () => {
    const image = await addStoredFile(onboarding.owner, idOf('marketing'), 'service_image');
    const add = (who: Who | null) =>
      onboarding.ask(
        who,
        `mutation { createVendorCategory(input: { vendorCategory: {
          categoryCode: "tea_house" categoryName: "Tea house" iconName: "emoji_food_beverage"
          imageUrl: "${image}" displayOrder: 9 } }) {
          vendorCategory { categoryCode } } }`,
      );
    expect((await add(null)).errors?.[0]?.extensions.code).toBe('OB001');
    for (const who of ['customer', 'vendor', 'finance'] as const) {
      expect((await add(who)).errors?.[0]?.extensions.code).toBe('42501');
    }
    expect((await add('marketing')).data.createVendorCategory.vendorCategory).toEqual({
      categoryCode: 'tea_house',
    });
    expect((await treeFor(null)).at(-1)).toBe('tea_house');
  });
});

describe('no cycle of categories', () => {
  const move = `update vendor_categories set parent_id = (
    select id from vendor_categories where category_code = $2) where category_code = $1`;

  beforeAll(async () => {
    await addCategory('a', null);
    await addCategory('b', 'a');
    await addCategory('c', 'b');
    await addCategory('d', null);
    await addCategory('e', null);
  });

  const attempt = (code: string, parent: string | null): Promise<string> =>
    onboarding.database.asUser(claimsOf('marketing'), (client) =>
      client.query(move, [code, parent]).then(() => 'ok', codeOf),
    );

  it.each([
    ['a', 'a', 'OB020'],
    ['a', 'b', 'OB020'],
    ['a', 'c', 'OB020'],
    ['b', 'c', 'OB020'],
    ['c', 'a', 'ok'],
    ['b', null, 'ok'],
    ['a', 'd', 'ok'],
  ])('%s below %s: %s', async (code, parent, end) => {
    expect(await attempt(code, parent)).toBe(end);
  });

  it('of two moves at once that would make one, the second is refused', async () => {
    expect(await movedMeanwhile('e', 'd')).toBe('OB020');
    expect(await cycles()).toEqual([]);
  });

  it('of two moves at once that make none, both are done (the control)', async () => {
    await onboarding.owner.query(`update vendor_categories set parent_id = null
      where category_code in ('d', 'e')`);
    expect(await movedMeanwhile('c', 'd')).toBe('ok');
  });

  /** One moves d below e and has not committed; another moves `code`, waits, and ends so. */
  async function movedMeanwhile(code: string, parent: string): Promise<string> {
    const { database, owner } = onboarding;
    let second: Promise<string> | undefined;
    await database.asUser(
      claimsOf('marketing'),
      async (client) => {
        await client.query(move, ['d', 'e']);
        second = database
          .asUser(claimsOf('admin'), (other) => other.query(move, [code, parent]), { commit: true })
          .then(() => 'ok', codeOf);
        await untilBlocked(owner);
      },
      { commit: true },
    );
    return (await second) ?? 'nothing';
  }

  async function cycles(): Promise<readonly unknown[]> {
    const { rows } = await onboarding.owner.query(
      `with recursive above (id, parent_id, is_cycle, path) as (
        select id, parent_id, false, array[id] from vendor_categories
        union all
        select a.id, c.parent_id, c.id = any (a.path), a.path || c.id
        from above a join vendor_categories c on c.id = a.parent_id where not a.is_cycle
      ) select id from above where is_cycle`,
    );
    return rows;
  }
});

describe('several categories, one of them the primary one', () => {
  it('for an application, while it may be edited', async () => {
    const { id, applicant } = await applicationAt(onboarding.owner);
    expect(await choose(applicant, id, 'spa', true)).toBe('ok');
    expect(await choose(applicant, id, 'salon', false)).toBe('ok');
    expect(await choose(applicant, id, 'salon', false)).toBe('23505');
    const second = await choose(applicant, id, 'wellness', true);
    expect(second).toBe(
      '23505: Only one category can be the primary one. Unmark the other category first.',
    );
    expect(await choose(applicant, id, 'wellness', false)).toBe('ok');
    const other = await applicationAt(onboarding.owner);
    expect(await choose(other.applicant, id, 'ayurveda', false)).toBe('42501');
    // What these categories ask for.
    await onboarding.owner.query(
      `insert into vendor_application_documents (application_id, document_type, document_name, file_url)
      select $1, d, d, app_private.adopt_file('https://files.example.com/d', 'vendor_document')
      from unnest(app_private.unattached_documents($1)) d`,
      [id],
    );
    expect(outcome(await onboarding.act(applicant, 'submitVendorApplication', id))).toBe(
      'fo_review',
    );
    expect(await choose(applicant, id, 'ayurveda', false)).toBe('42501');
  });

  it('for a vendor, whose owner orders them; a vendor without any is unchanged', async () => {
    const id = await addVendor(onboarding.owner, idOf('vendor'));
    const read = async () => {
      const { data } = await onboarding.ask(
        null,
        `query($id: UUID!) { vendor(id: $id) {
          primaryCategory { categoryCode } vendorCategoryMembers { totalCount } } }`,
        { id },
      );
      return data.vendor;
    };
    expect(await read()).toEqual({
      primaryCategory: null,
      vendorCategoryMembers: { totalCount: 0 },
    });
    expect(await sort('vendor', id, 'hotel_spa', true)).toBe('ok');
    expect(await sort('vendor', id, 'spa', false)).toBe('ok');
    expect(await sort('vendor', id, 'salon', true)).toMatch(/^23505: Only one category/);
    expect(await sort('vendor2', id, 'salon', false)).toBe('42501');
    expect(await read()).toEqual({
      primaryCategory: { categoryCode: 'hotel_spa' },
      vendorCategoryMembers: { totalCount: 2 },
    });
    // A category that a vendor belongs to stays.
    const remove = `delete from vendor_categories where category_code = $1`;
    await expect(onboarding.owner.query(remove, ['hotel_spa'])).rejects.toMatchObject({
      // 23001 from PostgreSQL 18 on.
      code: expect.stringMatching(/^(23503|23001)$/),
    });
    expect((await onboarding.owner.query(remove, ['yoga_meditation'])).rowCount).toBe(1);
  });

  const choose = (who: Who, applicationId: string, code: string, isPrimary: boolean) =>
    join(who, 'VendorApplicationCategory', { applicationId }, code, isPrimary);
  const sort = (who: Who, vendorId: string, code: string, isPrimary: boolean) =>
    join(who, 'VendorCategoryMember', { vendorId }, code, isPrimary);

  async function join(
    who: Who,
    type: string,
    owner: Record<string, string>,
    code: string,
    isPrimary: boolean,
  ): Promise<string> {
    const { data } = await onboarding.ask(
      null,
      `query($code: String!) { vendorCategoryByCategoryCode(categoryCode: $code) { id } }`,
      { code },
    );
    const categoryId = data.vendorCategoryByCategoryCode.id;
    const field = `${type.charAt(0).toLowerCase()}${type.slice(1)}`;
    const { errors } = await onboarding.ask(
      who,
      `mutation($input: Create${type}Input!) { create${type}(input: $input) { clientMutationId } }`,
      { input: { [field]: { ...owner, categoryId, isPrimary } } },
    );
    const [error] = errors ?? [];
    if (error === undefined) {
      return 'ok';
    }
    return error.message.startsWith('Only one category')
      ? `${error.extensions.code}: ${error.message}`
      : error.extensions.code;
  }
});
