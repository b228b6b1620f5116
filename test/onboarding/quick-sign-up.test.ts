import pg from 'pg';
import { applicationAt, makePeople, type Onboarding, startOnboarding } from './support.ts';

let onboarding: Onboarding;

beforeAll(async () => {
  onboarding = await startOnboarding();
});

afterAll(async () => {
  await onboarding?.close();
});

describe('reminders', () => {
  it.each([
    ['23 hours', 0, false],
    ['25 hours', 0, true],
    ['2 days', 1, false],
    ['4 days', 1, true],
    ['6 days', 2, false],
    ['8 days', 2, true],
    ['1 year', 3, false],
  ])('after %s and %d reminders another is due: %s', async (age, count, isDue) => {
    const [id] = await makePeople(onboarding.owner, 1);
    await onboarding.owner.query(
      `insert into quick_signup_profiles (user_id, mobile, completion_reminder_count, created_at)
      values ($1, '+919876543210', $2, now() - $3::interval)`,
      [id, count, age],
    );
    expect((await due()).includes(id as string)).toBe(isDue);
  });

  it('are due on other days when the settings say so', async () => {
    const [id] = await makePeople(onboarding.owner, 1);
    await onboarding.owner.query(
      `insert into quick_signup_profiles (user_id, mobile, created_at)
      values ($1, '+919876543210', now() - interval '2 days')`,
      [id],
    );
    expect(await due()).toContain(id);
    await onboarding.owner.query(
      `update system_settings set value = '[5]' where key = 'onboarding.reminder_days'`,
    );
    expect(await due()).not.toContain(id);
    await onboarding.owner.query(
      `update system_settings set value = '[1, 3, 7]' where key = 'onboarding.reminder_days'`,
    );
  });

  it('end when the application is handed in', async () => {
    const { id, applicant } = await applicationAt(onboarding.owner);
    await onboarding.owner.query(
      `insert into quick_signup_profiles (user_id, mobile, created_at)
      values ($1, '+919876543210', now() - interval '2 days')`,
      [applicant.id],
    );
    expect(await due()).toContain(applicant.id);
    await onboarding.act(applicant, 'submitVendorApplication', id);
    expect(await due()).not.toContain(applicant.id);
  });
});

it('no user verifies their own number or ends their own reminders', async () => {
  const [id] = await makePeople(onboarding.owner, 1);
  const add = (columns: string) =>
    onboarding.database.asUser({ sub: id, role: 'authenticated' }, (client) =>
      client.query(`insert into quick_signup_profiles (mobile${columns}`),
    );
  await expect(add(`, mobile_verified) values ('+919876543210', true)`)).rejects.toMatchObject({
    code: '42501',
  });
  await expect(add(`, completed_at) values ('+919876543210', now())`)).rejects.toMatchObject({
    code: '42501',
  });
  expect((await add(`) values ('+919876543210')`)).rowCount).toBe(1);
});

it('a required step is not skipped, an optional one may be', async () => {
  const { id, applicant } = await applicationAt(onboarding.owner);
  const take = async (stepCode: string, status: string) => {
    const { data, errors } = await onboarding.ask(
      applicant,
      `mutation($input: CreateOnboardingProgressInput!) {
        createOnboardingProgress(input: $input) { onboardingProgress { completedAt } } }`,
      { input: { onboardingProgress: { applicationId: id, stepCode, status } } },
    );
    return errors?.[0]?.extensions.code ?? data.createOnboardingProgress.onboardingProgress;
  };
  expect(await take('tax', 'skipped')).toBe('OB020');
  expect(await take('services', 'skipped')).toEqual({ completedAt: null });
  expect(await take('tax', 'completed')).toEqual({ completedAt: expect.any(String) });
});

it('the next step of an application is the first one that is neither completed nor skipped', async () => {
  const { id, applicant } = await applicationAt(onboarding.owner);
  const next = async (signupType: string) => {
    await onboarding.owner.query('update vendor_applications set signup_type = $2 where id = $1', [
      id,
      signupType,
    ]);
    const { data } = await onboarding.ask(
      applicant,
      'query($id: UUID!) { vendorApplication(id: $id) { nextStep { code } } }',
      { id },
    );
    return data.vendorApplication.nextStep?.code ?? null;
  };
  const take = (stepCode: string, status: string) =>
    onboarding.ask(
      applicant,
      `mutation($input: CreateOnboardingProgressInput!) {
        createOnboardingProgress(input: $input) { onboardingProgress { status } } }`,
      { input: { onboardingProgress: { applicationId: id, stepCode, status } } },
    );
  expect(await next('quick')).toBe('category');
  await take('category', 'completed');
  expect(await next('quick')).toBe('social_account');
  await take('mobile', 'in_progress');
  await take('social_account', 'skipped');
  expect(await next('quick')).toBe('mobile');
  expect(await next('detailed')).toBe('business');
});

/** Whom the worker would remind now. */
async function due(): Promise<readonly string[]> {
  const worker = new pg.Client({ connectionString: onboarding.database.workerUrl });
  await worker.connect();
  try {
    const { rows } = await worker.query<{ id: string }>(
      'select user_id as id from app_private.quick_signups_to_remind()',
    );
    return rows.map(({ id }) => id);
  } finally {
    await worker.end();
  }
}
