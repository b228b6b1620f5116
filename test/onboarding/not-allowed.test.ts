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

const nowhere = '99999999-9999-4999-8999-999999999999';
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

describe('OB030, an act at the wrong time', () => {
  it('submitted twice', async () => {
    const application = await applicationOf();
    const { applicant } = application;
    expect(await act(applicant, 'submitVendorApplication', application)).toBe('fo_review');
    expect(await act(applicant, 'submitVendorApplication', application)).toBe('OB030');
  });

  it('decided before it was submitted', async () => {
    const application = await applicationOf();
    expect(await approve('field_officer', application)).toBe('OB030');
    await act(application.applicant, 'submitVendorApplication', application);
    expect(await approve('field_officer', application)).toBe('manager_review');
  });

  it('decided after it was approved', async () => {
    const application = await applicationOf({ status: 'admin_review' });
    expect(await approve('admin', application)).toBe('approved');
    expect(await approve('admin', application)).toBe('OB030');
    expect(await act('admin', 'rejectVendorApplication', application, { reason: 'No' })).toBe(
      'OB030',
    );
  });

  it.each([
    ['holdVendorApplication', { reason: 'Inspection' }],
    ['requestApplicationInformation', { question: 'Where?' }],
  ])('approved while paused by %s, or paused so twice', async (mutation, input) => {
    const application = await applicationOf({ status: 'fo_review' });
    expect(await act('field_officer', mutation, application, input)).not.toMatch(/^OB/);
    expect(await act('field_officer', mutation, application, input)).toBe('OB030');
    expect(await approve('field_officer', application)).toBe('OB030');
    // Positive control: paused it can still be rejected.
    const reason = { reason: 'No answer' };
    expect(await act('field_officer', 'rejectVendorApplication', application, reason)).toBe(
      'rejected',
    );
  });

  it('resumed when not held, answered when not asked', async () => {
    const application = await applicationOf({ status: 'fo_review' });
    const { applicant } = application;
    const answer = { answer: 'There' };
    expect(await act('field_officer', 'resumeVendorApplication', application)).toBe('OB030');
    expect(await act(applicant, 'provideApplicationInformation', application, answer)).toBe(
      'OB030',
    );
    await act('field_officer', 'requestApplicationInformation', application, {
      question: 'Where?',
    });
    expect(await act('field_officer', 'resumeVendorApplication', application)).toBe('OB030');
    expect(await act(applicant, 'provideApplicationInformation', application, answer)).toBe(
      'fo_review',
    );
  });

  it('terms changed after the application was submitted', async () => {
    const application = await applicationOf();
    const { applicant } = application;
    const change = (partnerType: string) =>
      onboarding.ask(
        applicant,
        `mutation($id: UUID!, $patch: VendorApplicationPatch!) {
          updateVendorApplication(input: { id: $id, patch: $patch }) { clientMutationId } }`,
        { id: application.id, patch: { partnerType, description: 'By the lake' } },
      );
    expect(codeIn(await change('ASSOCIATION'))).toBeUndefined();
    await act(applicant, 'submitVendorApplication', application);
    await act('field_officer', 'requestApplicationInformation', application, { question: 'Why?' });
    expect(codeIn(await change('FRANCHISE'))).toBe('OB030');
    expect(codeIn(await change('ASSOCIATION'))).toBeUndefined();
  });

  it('a fee recorded that is not owed, or twice', async () => {
    const fee = { reference: 'NEFT 1' };
    const independent = await applicationOf({ status: 'fo_review' });
    expect(await act('finance', 'recordFranchiseFee', independent, fee)).toBe('OB030');
    const franchise = await applicationOf({ status: 'fo_review', partnerType: 'FRANCHISE' });
    expect(await act('finance', 'recordFranchiseFee', franchise, fee)).toBe('fo_review');
    expect(await act('finance', 'recordFranchiseFee', franchise, fee)).toBe('OB030');
  });
});

describe('users who may not act at all', () => {
  it('OB002: staff without the permission, or without the right to decide', async () => {
    const application = await applicationOf({ status: 'fo_review', partnerType: 'FRANCHISE' });
    await handIn(onboarding.owner, application.id, 'pending');
    const trainee = await makeReviewer(onboarding.owner, 'field_officer', {
      limit: 500_000,
      mayApprove: false,
    });
    const left = await makeReviewer(onboarding.owner, 'field_officer', { limit: 500_000 });
    await onboarding.owner.query(`update employees set is_active = false where id = $1`, [left.id]);
    expect(await approve('finance', application)).toBe('OB002');
    expect(await approve('super_admin', application)).toBe('OB002');
    expect(await approve(trainee, application)).toBe('OB002');
    expect(await approve(left, application)).toBe('OB002');
    const fee = { reference: 'NEFT 1' };
    expect(await act('field_officer', 'recordFranchiseFee', application, fee)).toBe('OB002');
    expect(await verify(onboarding, 'manager', application, { isRight: true })).toBe('OB002');
    expect(await act('finance', 'recordFranchiseFee', application, fee)).toBe('fo_review');
    expect(await approve('field_officer', application)).toBe('manager_review');
  });

  it('42501: a user who is not staff; OB001 where no user is signed in', async () => {
    const application = await applicationOf({ status: 'fo_review' });
    expect(await approve('customer', application)).toBe('42501');
    expect(await approve(application.applicant, application)).toBe('42501');
    expect(await approve(null, application)).toBe('OB001');
    expect(await act(null, 'submitVendorApplication', application)).toBe('OB001');
    for (const call of [
      'approve_vendor_application($1)',
      `reject_vendor_application($1, 'No')`,
      `record_franchise_fee($1, 'NEFT 1')`,
      'verify_application_document($1, true)',
      'submit_vendor_application($1)',
      `provide_application_information($1, 'There')`,
    ]) {
      const asked = onboarding.owner.query(`select ${call}`, [application.id]);
      await expect(asked).rejects.toMatchObject({ code: 'OB001' });
    }
    expect(await approve('field_officer', application)).toBe('manager_review');
  });

  it('OB003: what does not exist, or is another user’s', async () => {
    const application = await applicationOf();
    const other = await applicationOf();
    expect(await approve('field_officer', { id: nowhere })).toBe('OB003');
    expect(await act('finance', 'recordFranchiseFee', { id: nowhere }, { reference: 'X' })).toBe(
      'OB003',
    );
    expect(await act(other.applicant, 'submitVendorApplication', application)).toBe('OB003');
    expect(
      await act(other.applicant, 'provideApplicationInformation', application, { answer: 'X' }),
    ).toBe('OB003');
    const answer = await onboarding.ask(
      'field_officer',
      'mutation($id: UUID!) { verifyApplicationDocument(input: { documentId: $id, isRight: true }) { clientMutationId } }',
      { id: nowhere },
    );
    expect(codeIn(answer)).toBe('OB003');
    expect(await act(application.applicant, 'submitVendorApplication', application)).toBe(
      'fo_review',
    );
  });
});
