import { codeIn } from '../api/support.ts';
import { verify } from './steps.ts';
import {
  type Application,
  type ApplicationOptions,
  applicationAt,
  handIn,
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

const applicationOf = (options?: ApplicationOptions) => applicationAt(onboarding.owner, options);

async function act(
  who: Who | null,
  mutation: string,
  { id }: Pick<Application, 'id'>,
  input?: Record<string, unknown>,
): Promise<string> {
  return outcome(await onboarding.act(who, mutation, id, input));
}

const approve = (who: Who | null, application: Pick<Application, 'id'>) =>
  act(who, 'approveVendorApplication', application);

describe('OB032, wrong level', () => {
  const levels = ['field_officer', 'manager', 'director', 'vice_president', 'admin'] as const;
  it.each([
    ['fo_review', ['field_officer']],
    ['manager_review', ['manager']],
    ['director_review', ['director']],
    ['admin_review', ['vice_president', 'admin']],
  ] as const)('%s is for %j alone', async (status, rightful) => {
    const others = levels.filter((name) => !(rightful as readonly string[]).includes(name));
    const application = await applicationOf({ status });
    for (const other of others) {
      expect(await approve(other, application)).toBe('OB032');
      expect(await act(other, 'rejectVendorApplication', application, { reason: 'No' })).toBe(
        'OB032',
      );
      expect(await act(other, 'holdVendorApplication', application, { reason: 'No' })).toBe(
        'OB032',
      );
      expect(
        await act(other, 'requestApplicationInformation', application, { question: 'Why?' }),
      ).toBe('OB032');
    }
    for (const name of rightful) {
      expect(await approve(name, await applicationOf({ status }))).not.toMatch(/^OB/);
    }
  });

  it('holds while the application is paused, too', async () => {
    const application = await applicationOf({ status: 'manager_review' });
    await act('manager', 'holdVendorApplication', application, { reason: 'Inspection' });
    expect(await act('director', 'resumeVendorApplication', application)).toBe('OB032');
    expect(await act('manager', 'resumeVendorApplication', application)).toBe('manager_review');
  });
});

it('OB031, own application: of an applicant who was employed since', async () => {
  const application = await applicationOf({ status: 'fo_review', partnerType: 'FRANCHISE' });
  await handIn(onboarding.owner, application.id, 'pending');
  const { applicant } = application;
  await makeReviewer(onboarding.owner, 'field_officer', { limit: 500_000 }, applicant.id);
  await onboarding.owner.query(
    `insert into user_roles (user_id, role_id) select $1, id from roles where code = 'finance'`,
    [applicant.id],
  );
  const acts = [
    approve(applicant, application),
    act(applicant, 'rejectVendorApplication', application, { reason: 'No' }),
    act(applicant, 'holdVendorApplication', application, { reason: 'No' }),
    act(applicant, 'requestApplicationInformation', application, { question: 'Why?' }),
    act(applicant, 'resumeVendorApplication', application),
    act(applicant, 'recordFranchiseFee', application, { reference: 'NEFT 1' }),
    verify(onboarding, applicant, application, { isRight: true }),
  ];
  expect(new Set(await Promise.all(acts))).toEqual(new Set(['OB031']));
  // Positive controls: on another's they may, and on theirs another may.
  expect(await approve(applicant, await applicationOf({ status: 'fo_review' }))).toBe(
    'manager_review',
  );
  expect(await approve('field_officer', application)).toBe('manager_review');
});

it('OB033, above the limit', async () => {
  const { owner } = onboarding;
  const franchise = await applicationOf({ status: 'fo_review', partnerType: 'FRANCHISE' });
  const belowFee = await makeReviewer(owner, 'field_officer', { limit: 499_999.99 });
  const withoutLimit = await makeReviewer(owner, 'field_officer', { limit: null });
  expect(await approve(belowFee, franchise)).toBe('OB033');
  expect(await approve(withoutLimit, franchise)).toBe('OB033');
  // Positive controls: other partner types count 0, and the limit itself is within the limit.
  expect(await approve(withoutLimit, await applicationOf({ status: 'fo_review' }))).toBe(
    'manager_review',
  );
  const exact = await makeReviewer(owner, 'field_officer', { limit: 500_000 });
  expect(await approve(exact, franchise)).toBe('manager_review');
});

it('OB034, a required document is missing, unverified or wrong', async () => {
  const application = await applicationOf({ status: 'admin_review', isVerified: false });
  expect(await approve('admin', application)).toBe('OB034');
  await handIn(onboarding.owner, application.id, 'pending');
  expect(await approve('admin', application)).toBe('OB034');
  expect(
    await verify(onboarding, 'field_officer', application, { isRight: false, reason: 'Blurred' }),
  ).toBe('rejected');
  expect(await approve('admin', application)).toBe('OB034');
  await handIn(onboarding.owner, application.id, 'verified');
  // What a category asks for counts like what everyone is asked for.
  await onboarding.owner.query(
    `insert into vendor_application_categories (application_id, category_id)
    select $1, id from vendor_categories where category_code = 'gym_fitness'`,
    [application.id],
  );
  expect(await approve('admin', application)).toBe('OB034');
  await onboarding.owner.query(
    'delete from vendor_application_categories where application_id = $1',
    [application.id],
  );
  expect(await approve('admin', application)).toBe('approved');
});

it('an unverified document stops no application before the last stage', async () => {
  const application = await applicationOf({ status: 'director_review', isVerified: false });
  expect(await approve('director', application)).toBe('admin_review');
});

it('OB035, the franchise fee is not recorded', async () => {
  const application = await applicationOf({ status: 'admin_review', partnerType: 'FRANCHISE' });
  expect(await approve('admin', application)).toBe('OB035');
  const fee = { reference: 'NEFT 1' };
  expect(await act('finance', 'recordFranchiseFee', application, fee)).toBe('admin_review');
  expect(await approve('admin', application)).toBe('approved');
});

describe('OB036, a missing reason', () => {
  it.each([
    ['rejectVendorApplication', 'reason', 'rejected'],
    ['holdVendorApplication', 'reason', 'on_hold'],
    ['requestApplicationInformation', 'question', 'additional_info_required'],
  ])('%s', async (mutation, field, status) => {
    const application = await applicationOf({ status: 'fo_review' });
    for (const empty of [null, '', '  \n ']) {
      expect(await act('field_officer', mutation, application, { [field]: empty })).toBe('OB036');
    }
    expect(await act('field_officer', mutation, application)).toBe('OB036');
    expect(await act('field_officer', mutation, application, { [field]: 'Because' })).toBe(status);
  });

  it('an answer, a reference, a wrong document', async () => {
    const application = await applicationOf({ status: 'fo_review', partnerType: 'FRANCHISE' });
    await handIn(onboarding.owner, application.id, 'pending');
    const { applicant } = application;
    expect(
      await verify(onboarding, 'field_officer', application, { isRight: false, reason: ' ' }),
    ).toBe('OB036');
    expect(await act('finance', 'recordFranchiseFee', application, { reference: ' ' })).toBe(
      'OB036',
    );
    await act('field_officer', 'requestApplicationInformation', application, {
      question: 'Where?',
    });
    expect(await act(applicant, 'provideApplicationInformation', application, { answer: '' })).toBe(
      'OB036',
    );
    expect(
      await act(applicant, 'provideApplicationInformation', application, { answer: 'There' }),
    ).toBe('fo_review');
    expect(await act('finance', 'recordFranchiseFee', application, { reference: 'NEFT 1' })).toBe(
      'fo_review',
    );
    expect(
      await verify(onboarding, 'field_officer', application, { isRight: false, reason: 'Blurred' }),
    ).toBe('rejected');
  });
});

it.each([['panNumber'], ['yearsInBusiness']])('OB037, without %s', async (field) => {
  const application = await applicationOf();
  const set = (value: unknown) =>
    onboarding.ask(
      application.applicant,
      `mutation($id: UUID!, $patch: VendorApplicationPatch!) {
        updateVendorApplication(input: { id: $id, patch: $patch }) { clientMutationId } }`,
      { id: application.id, patch: { [field]: value } },
    );
  expect(codeIn(await set(null))).toBeUndefined();
  expect(await act(application.applicant, 'submitVendorApplication', application)).toBe('OB037');
  await set(field === 'panNumber' ? 'ABCPE1234F' : 1);
  expect(await act(application.applicant, 'submitVendorApplication', application)).toBe(
    'fo_review',
  );
});

describe('OB020, a value that is not acceptable', () => {
  it('of a verdict on a document', async () => {
    const application = await applicationOf({ status: 'fo_review', isVerified: false });
    await handIn(onboarding.owner, application.id, 'pending');
    expect(await verify(onboarding, 'field_officer', application, { isRight: null })).toBe('OB020');
    expect(await verify(onboarding, 'field_officer', application, { isRight: true })).toBe(
      'verified',
    );
  });

  it('of terms that are no longer offered, for an applicant who does not have them yet', async () => {
    const setOffered = (isOffered: boolean) =>
      onboarding.owner.query(
        `update partner_types set is_active = $1 where type_code = 'AGGREGATOR'`,
        [isOffered],
      );
    const application = await applicationOf();
    const earlier = await applicationOf({ partnerType: 'AGGREGATOR' });
    const choose = (partnerType: string) =>
      onboarding.ask(
        application.applicant,
        `mutation($id: UUID!, $patch: VendorApplicationPatch!) {
          updateVendorApplication(input: { id: $id, patch: $patch }) { clientMutationId } }`,
        { id: application.id, patch: { partnerType } },
      );
    await setOffered(false);
    expect(codeIn(await choose('AGGREGATOR'))).toBe('OB020');
    expect(codeIn(await choose('NO_SUCH'))).toBe('OB020');
    expect(codeIn(await choose('INDEPENDENT'))).toBeUndefined();
    expect(await act(earlier.applicant, 'submitVendorApplication', earlier)).toBe('fo_review');
    await setOffered(true);
    expect(codeIn(await choose('AGGREGATOR'))).toBeUndefined();
  });
});
