import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
});

const passes = async (check: string, values: readonly string[]): Promise<readonly string[]> => {
  const { rows } = await database.owner.query<{ value: string }>(
    `select value from unnest($1::text[]) value where app_private.${check}(value)`,
    [values],
  );
  return rows.map(({ value }) => value);
};

/** Every text that has one other character in one place. */
function withOneWrong(text: string, characters: string): readonly string[] {
  return [...text].flatMap((right, place) =>
    [...characters]
      .filter((wrong) => wrong !== right)
      .map((wrong) => text.slice(0, place) + wrong + text.slice(place + 1)),
  );
}

/** Every text in which two neighbours have changed places. */
function withTwoSwapped(text: string): readonly string[] {
  return [...text].flatMap((first, place) => {
    const second = text[place + 1];
    return second === undefined || second === first
      ? []
      : [text.slice(0, place) + second + first + text.slice(place + 2)];
  });
}

describe('Aadhaar numbers', () => {
  // Those that UIDAI gives away for trying its services out.
  const real = ['999941057058', '999971658847', '999933119405', '999955183433', '999990501894'];

  it('are known when they are real', async () => {
    expect(await passes('is_aadhaar', real)).toEqual(real);
  });

  it('are refused with any one digit wrong, and with any two neighbours swapped', async () => {
    const wrong = real.flatMap((number) => [
      ...withOneWrong(number, '0123456789'),
      ...withTwoSwapped(number),
    ]);
    expect(wrong.length).toBeGreaterThan(500);
    expect(await passes('is_aadhaar', wrong)).toEqual([]);
  });

  // The third and fourth are right by Verhoeff's method; there are no such numbers.
  it.each([
    '99994105705',
    '9999410570588',
    '000000000000',
    '199999999996',
    '9999 4105 7058',
    '',
  ])('are not known in another form: %p', async (number) => {
    expect(await passes('is_aadhaar', [number])).toEqual([]);
  });
});

describe('PANs', () => {
  it('are those of the ten kinds of holder, and of no other', async () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    const known = await passes(
      'is_pan',
      letters.map((letter) => `AAA${letter}U0939F`),
    );
    expect(known.map((pan) => pan[3]).join('')).toBe('ABCFGHJLPT');
  });

  it.each([
    'AAPFU0939',
    'aapfu0939f',
    'AAPF10939F',
    'AAPFU0939FG',
    'AAPFU09390',
    ' AAPFU0939F',
  ])('are not known in another form: %p', async (pan) => {
    expect(await passes('is_pan', [pan])).toEqual([]);
  });
});

describe('GSTINs', () => {
  // From public registers.
  const real = ['27AAPFU0939F1ZV', '29AAGCB7383J1Z4', '24AAACC1206D1ZM', '07AAACC1206D1ZI'];

  it('are known when they are real', async () => {
    expect(await passes('is_gstin', real)).toEqual(real);
  });

  it('are refused with any one character wrong, and with two neighbours swapped', async () => {
    const characters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
    const wrong = real.flatMap((gstin) => [
      ...withOneWrong(gstin, characters),
      ...withTwoSwapped(gstin),
    ]);
    expect(wrong.length).toBeGreaterThan(2000);
    expect(await passes('is_gstin', wrong)).toEqual([]);
  });
});

it('IFSCs have a 0 in the fifth place', async () => {
  const known = await passes('is_ifsc', [
    'HDFC0001234',
    'SBIN0ABC123',
    'HDFCO001234',
    'HDFC000123',
  ]);
  expect(known).toEqual(['HDFC0001234', 'SBIN0ABC123']);
});

it('every check returns null for null, and always the same', async () => {
  const { rows } = await database.owner.query(
    `select p.proname::text as name, p.provolatile::text as volatility,
      coalesce(app_private.is_aadhaar(null), app_private.is_pan(null), app_private.is_gstin(null),
        app_private.is_ifsc(null)) as of_nothing
    from pg_proc p
    where p.pronamespace = 'app_private'::regnamespace
      and p.proname in ('is_aadhaar', 'is_pan', 'is_gstin', 'is_ifsc')
    order by 1`,
  );
  expect(rows).toEqual(
    ['is_aadhaar', 'is_gstin', 'is_ifsc', 'is_pan'].map((name) => ({
      name,
      volatility: 'i',
      of_nothing: null,
    })),
  );
});
