import type { PersonaName } from '../../src/demo/personas.ts';
import { claimsOf, idOf, type Person } from '../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { addStoredFile } from '../helpers/files.ts';
import { codeOf } from './attempt.ts';
import { untilBlocked } from './concurrency.ts';
import { beginPlay, type Play } from './play.ts';

const { one, two, closed } = worldIds;
const nowhere = 'file:99999999-9999-4999-8999-999999999999';
const unknown = '99999999-9999-4999-8999-999999999999';

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
  // The customer has a completed booking by a beautician, customer2 one by a therapist.
  await database.owner.query(
    `insert into beautician_assignments (booking_id, beautician_id, assignment_time, status)
    values ('${closed}', '${one}', now(), 'completed')`,
  );
});

afterAll(async () => {
  await database.drop();
});

beforeEach(async () => {
  play = await beginPlay(database);
});

afterEach(async () => {
  await play.end();
});

describe('writing a review', () => {
  const write = 'select * from write_review($1, $2, $3, $4, review_text => $5, photos => $6)';

  function ends(
    person: Person,
    booking: string,
    type: string | null,
    thing: string | null,
    { rating = 4 as number | null, text = 'Good' as string | null, photos = [] as string[] } = {},
  ): Promise<string> {
    return play.ends(claimsOf(person), write, [booking, type, thing, rating, text, photos]);
  }

  it.each<[string, PersonaName, string, string]>([
    ['service', 'customer', closed, one],
    ['beautician', 'customer', closed, one],
    ['booking', 'customer', closed, closed],
    ['therapist', 'customer2', two, two],
  ])('the customer of a completed booking reviews the %s, and a moderator is asked', async (...row) => {
    const [type, person, booking, thing] = row;
    const rows = await play.as(claimsOf(person), write, [booking, type, thing, 4, ' Good ', null]);
    expect(rows).toMatchObject([
      {
        customer_id: idOf(person),
        booking_id: booking,
        reviewable_type: type,
        reviewable_id: thing,
        rating: 4,
        review_text: 'Good',
        status: 'pending',
      },
    ]);
    const seen = `select from reviews where booking_id = '${booking}' and reviewable_type = '${type}'`;
    expect(await play.as(claimsOf(person), seen)).toHaveLength(1);
    expect(await play.as(claimsOf('visitor'), seen)).toEqual([]);
    expect(await ends(person, booking, type, thing, { rating: 5 })).toBe('23505');
  });

  it('a therapist’s review is recorded at the assignment, and at no other', async () => {
    const noted = `select id, customer_rating, customer_feedback from therapist_assignments
      where customer_rating is not null`;
    expect((await play.query(noted)).rows).toEqual([]);
    expect(await ends('customer2', two, 'service', one)).toBe('ok');
    expect((await play.query(noted)).rows).toEqual([]);
    expect(await ends('customer2', two, 'therapist', two)).toBe('ok');
    expect((await play.query(noted)).rows).toEqual([
      { id: two, customer_rating: 4, customer_feedback: 'Good' },
    ]);
  });

  it.each<[string, Person, string, string | null, string | null, string]>([
    ['a visitor', 'visitor', closed, 'service', one, '42501'],
    ['staff', 'admin', closed, 'service', one, '42501'],
    ['a stranger', 'nobody', closed, 'service', one, 'OB003'],
    ['another customer', 'customer2', closed, 'service', one, 'OB003'],
    ['an unknown booking', 'customer', unknown, 'service', one, 'OB003'],
    ['the vendor of the booking', 'vendor', closed, 'service', one, 'OB002'],
    ['the provider of the booking', 'beautician', closed, 'service', one, 'OB002'],
    ['what is not completed', 'customer', one, 'service', one, 'OB030'],
    ['a vendor', 'customer', closed, 'vendor', closed, 'OB080'],
    ['a parrot', 'customer', closed, 'parrot', one, 'OB020'],
    ['nothing', 'customer', closed, null, null, 'OB020'],
    ['a service not booked', 'customer', closed, 'service', two, 'OB081'],
    ['a therapist who did not serve', 'customer', closed, 'therapist', one, 'OB081'],
    ['a beautician who did not serve', 'customer', closed, 'beautician', two, 'OB081'],
    ['another booking', 'customer', closed, 'booking', one, 'OB081'],
    ['no thing', 'customer', closed, 'service', null, 'OB081'],
  ])('is not reviewed: by or of %s', async (_, person, booking, type, thing, code) => {
    expect(await ends(person, booking, type, thing)).toBe(code);
    // Positive control: the same could be, by whom and of what it may.
    expect(await ends('customer', closed, 'service', one)).toBe('ok');
  });

  it.each<[string, 'vendor' | 'receptionist' | 'therapist']>([
    ['its owner', 'vendor'],
    ['its receptionist', 'receptionist'],
    ['its therapist', 'therapist'],
  ])('a business is not reviewed by %s, who was its customer', async (_, person) => {
    if (person === 'receptionist') {
      await play.query(
        `insert into vendor_staff (vendor_id, user_id, name, role, mobile)
        select b.vendor_id, u.id, u.name, 'receptionist', u.mobile from bookings b, user_profiles u
        where b.id = $1 and u.id = $2`,
        [closed, idOf(person)],
      );
    }
    // No one has booked at their own business in the fixture.
    await play.query('insert into customers (id) values ($1) on conflict do nothing', [
      idOf(person),
    ]);
    await play.query('set local session_replication_role = replica');
    await play.query('update bookings set customer_id = $1 where id = $2', [idOf(person), closed]);
    await play.query(
      `update bookings set vendor_id = t.vendor_id from therapists t where bookings.id = $1 and t.user_id = $2`,
      [closed, idOf(person)],
    );
    await play.query('set local session_replication_role = origin');
    expect(await ends(person, closed, 'service', one)).toBe('OB031');
    const write = 'select from write_vendor_review($1, 5)';
    expect(await play.ends(claimsOf(person), write, [closed])).toBe('OB031');
    // Positive control: someone who does not belong to it.
    await play.query('set local session_replication_role = replica');
    await play.query('update bookings set customer_id = $1 where id = $2', [
      idOf('customer2'),
      closed,
    ]);
    await play.query('set local session_replication_role = origin');
    expect(await ends('customer2', closed, 'service', one)).toBe('ok');
    expect(await play.ends(claimsOf('customer2'), write, [closed])).toBe('ok');
  });

  it('a therapist whose assignment is cancelled or still under way is not reviewed', async () => {
    // Past the steps, of which none leads back.
    const put = async (status: string) => {
      await play.query(`set local session_replication_role = replica`);
      await play.query(`update therapist_assignments set status = $1 where id = $2`, [status, two]);
      await play.query(`set local session_replication_role = origin`);
    };
    for (const status of ['cancelled', 'in_progress']) {
      await put(status);
      expect(await ends('customer2', two, 'therapist', two)).toBe('OB081');
    }
    await put('completed');
    expect(await ends('customer2', two, 'therapist', two)).toBe('ok');
  });

  it.each<[string, object, string]>([
    ['no stars', { rating: null }, '23502'],
    ['no star at all', { rating: 0 }, '23514'],
    ['six stars', { rating: 6 }, '23514'],
    ['501 characters', { text: 'x'.repeat(501) }, 'OB020'],
    ['a photo that is an address', { photos: ['https://files.example.com/1'] }, '23514'],
    ['a photo that is nowhere', { photos: [nowhere] }, 'OB003'],
    ['eleven photos', { photos: Array(11).fill(nowhere) }, 'OB020'],
    ['500 characters', { text: 'x'.repeat(500) }, 'ok'],
    ['no words', { text: null }, 'ok'],
  ])('%s', async (_, content, code) => {
    expect(await ends('customer', closed, 'service', one, content)).toBe(code);
  });

  it('ten photos of one’s own, and none of another user’s', async () => {
    const photosOf = async (name: PersonaName, count: number) => {
      const photos: string[] = [];
      while (photos.length < count) {
        photos.push(await addStoredFile(play, idOf(name), 'review_photo'));
      }
      return photos;
    };
    const own = await photosOf('customer', 10);
    const mixed = [...own.slice(1), ...(await photosOf('customer2', 1))];
    expect(await ends('customer', closed, 'service', one, { photos: mixed })).toBe('OB003');
    expect(await ends('customer', closed, 'service', one, { photos: own })).toBe('ok');
  });

  it('the longest text is a setting, and never more than 500', async () => {
    const set = `update system_settings set value = $1 where key = 'review.maximum_length'`;
    await play.query(set, ['20']);
    expect(await ends('customer', closed, 'service', one, { text: 'x'.repeat(21) })).toBe('OB020');
    expect(await play.ends(claimsOf('admin'), set, ['501'])).toBe('OB058');
    await play.query(set, ['500']);
    expect(await ends('customer', closed, 'service', one, { text: 'x'.repeat(501) })).toBe('OB020');
    await play.query(set, ['20']);
    expect(await ends('customer', closed, 'service', one, { text: 'x'.repeat(20) })).toBe('ok');
  });

  it('the vendor of a visit is reviewed once, in three respects', async () => {
    const visit = `select * from write_vendor_review($1, 4, 'Calm', 'Good', 5, $2, 3)`;
    expect(await play.ends(claimsOf('customer2'), visit, [closed, 4])).toBe('OB003');
    expect(await play.ends(claimsOf('vendor'), visit, [closed, 4])).toBe('OB002');
    expect(await play.ends(claimsOf('customer'), visit, [one, 4])).toBe('OB030');
    expect(await play.ends(claimsOf('customer'), visit, [closed, 6])).toBe('23514');
    expect(await play.as(claimsOf('customer'), visit, [closed, 4])).toMatchObject([
      {
        vendor_id: closed,
        customer_id: idOf('customer'),
        booking_id: closed,
        rating: 4,
        review_title: 'Calm',
        review_text: 'Good',
        service_quality_rating: 5,
        cleanliness_rating: 4,
        value_rating: 3,
        status: 'pending',
      },
    ]);
    expect(await play.ends(claimsOf('customer'), visit, [closed, 4])).toBe('23505');
  });

  it('two reviews of one booking at once: one is written', async () => {
    let second: Promise<string> = Promise.resolve('');
    const values = [closed, 'service', one, 5, null, null];
    await database.asUser(
      claimsOf('customer'),
      async (client) => {
        await client.query(write, values);
        second = database
          .asUser(claimsOf('customer'), (other) => other.query(write, values))
          .then(() => 'ok', codeOf);
        await untilBlocked(database.owner);
      },
      { commit: true },
    );
    expect(await second).toBe('23505');
    const { rows } = await database.owner.query(
      `delete from reviews where booking_id = $1 and reviewable_type = 'service' returning rating`,
      [closed],
    );
    expect(rows).toEqual([{ rating: 5 }]);
  });
});

describe.each([
  {
    name: 'moderate_review',
    table: 'reviews',
    record: `review_moderations where review_id = '${closed}'`,
  },
  {
    name: 'moderate_vendor_review',
    table: 'vendor_reviews',
    record: `vendor_review_moderations where vendor_review_id = '${closed}'`,
  },
])('$name', ({ name, table, record }) => {
  const call = `select status from ${name}($1, $2, $3)`;
  const recorded = `select moderated_by, moderation_notes from ${record}`;

  async function statusNow(): Promise<string> {
    const { rows } = await play.query(`select status from ${table} where id = $1`, [closed]);
    return rows[0].status;
  }

  it('decides, shows what is approved, and records who decided last', async () => {
    const seen = `select from ${table} where id = '${closed}'`;
    expect(await play.as(claimsOf('visitor'), seen)).toEqual([]);
    const head = claimsOf('customer_care_head');
    expect(await play.as(head, call, [closed, 'approved', null])).toEqual([{ status: 'approved' }]);
    expect(await play.as(claimsOf('visitor'), seen)).toHaveLength(1);
    expect(await play.as(head, recorded)).toEqual([
      { moderated_by: idOf('customer_care_head'), moderation_notes: null },
    ]);
    expect(await play.ends(claimsOf('admin'), call, [closed, 'rejected', ' Rude '])).toBe('ok');
    expect(await play.as(claimsOf('visitor'), seen)).toEqual([]);
    expect(await play.as(head, recorded)).toEqual([
      { moderated_by: idOf('admin'), moderation_notes: 'Rude' },
    ]);
    expect(await play.ends(head, call, [closed, 'flagged', null])).toBe('ok');
    expect(await play.as(head, recorded)).toEqual([
      { moderated_by: idOf('customer_care_head'), moderation_notes: null },
    ]);
  });

  it.each<[string, Person, string, string | null, string]>([
    ['a visitor', 'visitor', closed, 'approved', '42501'],
    ['the author', 'customer', closed, 'approved', '42501'],
    ['the vendor', 'vendor', closed, 'approved', '42501'],
    ['staff who only read reviews', 'marketing', closed, 'approved', 'OB002'],
    ['an unknown review', 'admin', unknown, 'approved', 'OB003'],
    ['another word', 'admin', closed, 'pending', 'OB020'],
    ['no word', 'admin', closed, null, 'OB020'],
    ['a rejection without notes', 'admin', closed, 'rejected', 'OB036'],
  ])('does not decide: %s', async (_, person, review, status, code) => {
    expect(await play.ends(claimsOf(person), call, [review, status, '  '])).toBe(code);
    expect(await statusNow()).toBe('pending');
    expect((await play.query(recorded)).rows).toEqual([]);
    expect(await play.ends(claimsOf('admin'), call, [closed, 'approved', null])).toBe('ok');
  });

  it('does not decide about a review that one wrote', async () => {
    await play.query('insert into customers (id) values ($1)', [idOf('admin')]);
    await play.query(`update ${table} set customer_id = $1 where id = $2`, [idOf('admin'), closed]);
    expect(await play.ends(claimsOf('admin'), call, [closed, 'approved', null])).toBe('OB031');
    expect(await play.ends(claimsOf('super_admin'), call, [closed, 'approved', null])).toBe('ok');
  });

  it('does not decide about one’s own business', async () => {
    await play.query('update vendors set user_id = $1 where id = $2', [idOf('admin'), one]);
    if (table === 'reviews') {
      await play.query(`update reviews set reviewable_type = 'booking' where id = $1`, [closed]);
    }
    expect(await play.ends(claimsOf('admin'), call, [closed, 'approved', null])).toBe('OB031');
    expect(await play.ends(claimsOf('super_admin'), call, [closed, 'approved', null])).toBe('ok');
  });

  it('does not decide about a business that one works for', async () => {
    await play.query(
      `insert into vendor_staff (vendor_id, user_id, name, role, mobile)
      select $1, id, name, 'receptionist', mobile from user_profiles where id = $2`,
      [one, idOf('admin')],
    );
    expect(await play.ends(claimsOf('admin'), call, [closed, 'approved', null])).toBe('OB031');
    expect(await play.ends(claimsOf('super_admin'), call, [closed, 'approved', null])).toBe('ok');
  });

  it('of two verdicts at once the second stands, and the record says so', async () => {
    let second: Promise<string> = Promise.resolve('');
    await database.asUser(
      claimsOf('admin'),
      async (client) => {
        await client.query(call, [closed, 'approved', null]);
        second = database
          .asUser(
            claimsOf('super_admin'),
            (other) => other.query(call, [closed, 'rejected', 'Rude']),
            { commit: true },
          )
          .then(() => 'ok', codeOf);
        await untilBlocked(database.owner);
      },
      { commit: true },
    );
    expect(await second).toBe('ok');
    expect(await statusNow()).toBe('rejected');
    expect((await play.query(recorded)).rows).toEqual([
      { moderated_by: idOf('super_admin'), moderation_notes: 'Rude' },
    ]);
  });
});

describe('the name of a review’s author', () => {
  const names = `select r.author_name from (
      select reviews_author_name(r) as author_name from reviews r where r.id = $1
      union all
      select vendor_reviews_author_name(v) from vendor_reviews v where v.id = $1) r`;

  /** An approved review of the booking, and of the vendor, by customer2. */
  async function approved(): Promise<readonly string[]> {
    const { rows } = await play.query(
      `with r as (
        insert into reviews (customer_id, booking_id, reviewable_type, reviewable_id, rating, status)
        select customer_id, id, 'booking', id, 5, 'approved' from bookings where id = '${two}' returning id),
      v as (
        update vendor_reviews set status = 'approved' where vendor_id = '${two}' returning id)
      select id from r union all select id from v`,
    );
    return rows.map(({ id }) => id);
  }

  it.each([
    ['asha rao', 'asha R.'],
    ['  Asha  Devi   Rao ', 'Asha R.'],
    ['Asha', 'Asha'],
    ['आशा राव', 'आशा र.'],
  ])('of %s is %s, for everyone who sees the review', async (name, shown) => {
    const [id] = await approved();
    await play.query('update user_profiles set name = $1 where id = $2', [name, idOf('customer2')]);
    for (const person of ['visitor', 'customer', 'customer_care_head'] as const) {
      expect(await play.as(claimsOf(person), names, [id])).toEqual([{ author_name: shown }]);
    }
    await play.query(`update reviews set status = 'pending'`);
    expect(await play.as(claimsOf('visitor'), names, [id])).toEqual([]);
  });

  it('is told of reviews of vendors, too', async () => {
    const ids = await approved();
    expect(ids.length).toBeGreaterThan(1);
    await play.query(`update user_profiles set name = 'Asha Rao' where id = $1`, [
      idOf('customer2'),
    ]);
    for (const id of ids) {
      const rows = await play.as(claimsOf('visitor'), names, [id]);
      expect(rows.map((row) => row.author_name)).toEqual(rows.map(() => 'Asha R.'));
      expect(rows.length).toBeGreaterThan(0);
    }
  });

  it('of a deleted account is Former customer', async () => {
    const [id] = await approved();
    await play.query(
      `update user_profiles set deleted_at = now(), status = 'inactive' where id = $1`,
      [idOf('customer2')],
    );
    expect(await play.as(claimsOf('visitor'), names, [id])).toEqual([
      { author_name: 'Former customer' },
    ]);
  });
});
