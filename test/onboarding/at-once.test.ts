import { codeOf } from '../db/attempt.ts';
import { untilBlocked } from '../db/concurrency.ts';
import { idOf } from '../fixtures/people.ts';
import {
  applicationAt,
  handIn,
  makePeople,
  makeReviewer,
  type Onboarding,
  outcome,
  startOnboarding,
  type Who,
} from './support.ts';

let onboarding: Onboarding;

beforeAll(async () => {
  onboarding = await startOnboarding();
});

afterAll(async () => {
  await onboarding?.close();
});

describe('50 approvals of one application at once: one acts, the others are told so', () => {
  it('at the first stage, by five officers', async () => {
    const officers: Who[] = ['field_officer'];
    while (officers.length < 5) {
      officers.push(await makeReviewer(onboarding.owner, 'field_officer', { limit: 0 }));
    }
    const { id } = await applicationAt(onboarding.owner, { status: 'fo_review' });
    const ends = await approvals(50, id, officers);
    expect(tally(ends)).toEqual({ manager_review: 1, OB032: 49 });
    expect(await historyOf(id)).toEqual(['approved']);
  });

  it('at the last stage, by vice president and admin: one vendor', async () => {
    const { id, applicant } = await applicationAt(onboarding.owner, { status: 'admin_review' });
    const ends = await approvals(50, id, ['vice_president', 'admin']);
    expect(tally(ends)).toEqual({ approved: 1, OB030: 49 });
    expect(await historyOf(id)).toEqual(['approved']);
    const { rows } = await onboarding.owner.query(
      `select (select count(*)::integer from vendors where user_id = $1) as vendors,
        (select count(*)::integer from user_roles where user_id = $1) as roles,
        (select count(*)::integer from notifications where user_id = $1) as notifications`,
      [applicant.id],
    );
    expect(rows).toEqual([{ vendors: 1, roles: 1, notifications: 1 }]);
  });
});

describe('approval and rejection at once', () => {
  const approve = 'select approve_vendor_application($1)';
  const reject = `select reject_vendor_application($1, 'No licence')`;

  it.each([
    ['approved first', approve, reject, 'OB032', 'manager_review'],
    ['rejected first', reject, approve, 'OB030', 'rejected'],
  ])('%s: the second waits, and is refused', async (_name, first, second, code, status) => {
    const { database, owner } = onboarding;
    const { id } = await applicationAt(owner, { status: 'fo_review' });
    const claims = { sub: idOf('field_officer'), role: 'authenticated' };
    let waiting: Promise<string> | undefined;
    await database.asUser(
      claims,
      async (client) => {
        await client.query(first, [id]);
        waiting = database
          .asUser(claims, (other) => other.query(second, [id]), { commit: true })
          .then(() => 'ok', codeOf);
        await untilBlocked(owner);
      },
      { commit: true },
    );
    expect(await waiting).toBe(code);
    const { rows } = await owner.query('select status from vendor_applications where id = $1', [
      id,
    ]);
    expect(rows).toEqual([{ status }]);
    expect(await historyOf(id)).toHaveLength(1);
  });
});

describe('application numbers', () => {
  it('200 applications begun and submitted at once have 200 numbers, beyond six digits too', async () => {
    const { owner } = onboarding;
    await owner.query(`select setval('app_private.vendor_application_numbers', 999900)`);
    const people = await makePeople(owner, 200);
    const numbers = await Promise.all(people.map((id) => applyAndSubmit({ id })));
    expect(new Set(numbers).size).toBe(200);
    expect(numbers.filter((number) => !/^APP\d{6,}$/.test(number))).toEqual([]);
    expect(numbers).toContain('APP999901');
    expect(numbers).toContain('APP1000000');
    expect(numbers).toContain('APP1000100');
  });
});

it('of two open applications of one user at once one stays', async () => {
  const [id] = await makePeople(onboarding.owner, 1);
  const answers = await Promise.all(Array.from({ length: 8 }, () => begin({ id: id as string })));
  const refused = answers.filter(({ errors }) => errors !== undefined);
  expect(refused).toHaveLength(7);
  for (const { errors } of refused) {
    expect(errors).toMatchObject([
      {
        message:
          'You already have an open application. Continue with it, or wait for the decision.',
        extensions: { code: '23505' },
      },
    ]);
  }
  // Positive control: after the end of the first there is room for a second.
  await onboarding.owner.query(
    `update vendor_applications set status = 'rejected', rejection_reason = 'No' where user_id = $1`,
    [id],
  );
  expect((await begin({ id: id as string })).errors).toBeUndefined();
});

function approvals(count: number, id: string, reviewers: readonly Who[]): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, n) =>
      outcome(
        await onboarding.act(
          reviewers[n % reviewers.length] as Who,
          'approveVendorApplication',
          id,
        ),
      ),
    ),
  );
}

function tally(ends: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    Object.entries(Object.groupBy(ends, (end) => end)).map(([end, all]) => [end, all?.length ?? 0]),
  );
}

async function historyOf(id: string): Promise<readonly string[]> {
  const { rows } = await onboarding.owner.query<{ action: string }>(
    'select action from vendor_approval_history where application_id = $1',
    [id],
  );
  return rows.map(({ action }) => action);
}

function begin(who: Who) {
  return onboarding.ask(
    who,
    `mutation {
      createVendorApplication(input: { vendorApplication: {
        businessName: "Lotus Spa" businessType: spa contactPerson: "Asha"
        contactMobile: "+919876543210" contactEmail: "asha@example.com" addressLine1: "MG Road"
        city: "Pune" state: "Maharashtra" pincode: "411001" panNumber: "ABCPE1234F"
        yearsInBusiness: 3 } }) { vendorApplication { id applicationNumber } } }`,
  );
}

async function applyAndSubmit(who: Who): Promise<string> {
  const { data } = await begin(who);
  const { id, applicationNumber } = data.createVendorApplication.vendorApplication;
  await handIn(onboarding.owner, id, 'pending');
  expect(outcome(await onboarding.act(who, 'submitVendorApplication', id))).toBe('fo_review');
  return applicationNumber;
}
