import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';

const values = [
  {
    domain: 'mobile_number',
    good: ['+919876543210', '+916000000000', '+14155552671', '+4915112345678'],
    bad: [
      '9876543210',
      '+915876543210',
      '+91987654321',
      '+9198765432101',
      '+0123456789',
      '+91 9876543210',
      '',
    ],
  },
  {
    domain: 'email_address',
    good: ['a@b.in', 'first.last+tag@mail.example.co.in'],
    bad: ['A@b.in', 'a@b', 'a@@b.in', 'a b@c.in', '@b.in', 'a@b..in', `${'a'.repeat(250)}@b.in`],
  },
  { domain: 'pincode', good: ['411001', '110001'], bad: ['011001', '41100', '4110011', '41100a'] },
  {
    domain: 'gstin',
    good: ['27AAPFU0939F1ZV', '29AAGCB7383J1Z4'],
    bad: [
      '27AAPFU0939F1Z',
      '27aapfu0939f1zv',
      '27AAPFU0939F1ZW',
      '27AAPDU0939F1ZV',
      '47AAPFU0939F1ZV',
      '27AAPFU0939F0ZV',
      '27AAPFU0939F1YV',
    ],
  },
  {
    domain: 'pan',
    good: ['AAPFU0939F', 'ABCPE1234F'],
    bad: ['AAPFU0939', 'aapfu0939f', 'AAPF10939F', 'AAPFU0939FG', 'ABCDE1234F'],
  },
  {
    domain: 'ifsc',
    good: ['HDFC0001234', 'SBIN0ABC123'],
    bad: ['HDFC1001234', 'HDF00001234', 'HDFC000123', 'hdfc0001234'],
  },
  { domain: 'latitude', good: ['-90', '90', '18.52043'], bad: ['90.00001', '-91'] },
  { domain: 'longitude', good: ['-180', '180', '73.85674'], bad: ['180.00001', '-181'] },
];

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
});

describe.each(values)('$domain', ({ domain, good, bad }) => {
  it.each(good)('takes %s', async (value) => {
    const { rowCount } = await database.owner.query(`select $1::text::${domain}`, [value]);
    expect(rowCount).toBe(1);
  });

  it.each(bad)('refuses %s', async (value) => {
    const cast = database.owner.query(`select $1::text::${domain}`, [value]);
    await expect(cast).rejects.toMatchObject({ code: '23514' });
  });

  it('explains what it expects', async () => {
    const { rows } = await database.owner.query<{ message: string | null }>(
      `select obj_description(oid, 'pg_constraint') as message
      from pg_constraint where contypid = $1::regtype`,
      [domain],
    );
    expect(rows).toEqual([{ message: expect.stringMatching(/\S/) }]);
  });
});
