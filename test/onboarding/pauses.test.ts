import { idOf } from '../fixtures/people.ts';
import { act, apply, edit, history } from './steps.ts';
import { applicationAt, type Onboarding, startOnboarding } from './support.ts';

let onboarding: Onboarding;

beforeAll(async () => {
  onboarding = await startOnboarding();
});

afterAll(async () => {
  await onboarding?.close();
});

const reviews = [
  ['fo_review', 'field_officer'],
  ['manager_review', 'manager'],
  ['director_review', 'director'],
  ['admin_review', 'vice_president'],
  ['admin_review', 'admin'],
] as const;

describe.each(reviews)('at %s, by %s', (status, reviewer) => {
  it('held and resumed, it is where it was', async () => {
    const { id } = await applicationAt(onboarding.owner, { status });
    expect(
      await act(onboarding, reviewer, 'holdVendorApplication', id, { reason: 'Inspection' }),
    ).toBe('on_hold');
    expect(await act(onboarding, reviewer, 'resumeVendorApplication', id)).toBe(status);
  });

  it('asked and answered, it is where it was, and could be edited in between', async () => {
    const { id, applicant } = await applicationAt(onboarding.owner, { status });
    expect(await edit(onboarding, applicant, id)).toBe('OB003');
    expect(
      await act(onboarding, reviewer, 'requestApplicationInformation', id, {
        question: 'Which floor?',
      }),
    ).toBe('additional_info_required');
    expect(await edit(onboarding, applicant, id)).toBe('ok');
    expect(
      await act(onboarding, applicant, 'provideApplicationInformation', id, { answer: 'Second' }),
    ).toBe(status);
    expect(await edit(onboarding, applicant, id)).toBe('OB003');
    expect(await history(onboarding, applicant, id)).toEqual([
      ['info_requested', expect.any(Number), idOf(reviewer)],
      ['info_provided', expect.any(Number), applicant.id],
    ]);
  });

  it('rejected, it is final, with the reason for the applicant to read', async () => {
    const { id, applicant } = await applicationAt(onboarding.owner, { status });
    expect(
      await act(onboarding, reviewer, 'rejectVendorApplication', id, { reason: ' No licence ' }),
    ).toBe('rejected');
    const ends = [
      await act(onboarding, reviewer, 'approveVendorApplication', id),
      await act(onboarding, reviewer, 'resumeVendorApplication', id),
      await act(onboarding, applicant, 'submitVendorApplication', id),
      await edit(onboarding, applicant, id),
    ];
    expect(ends).toEqual(['OB030', 'OB030', 'OB030', 'OB003']);
    const { data } = await onboarding.ask(
      applicant,
      'query($id: UUID!) { vendorApplication(id: $id) { rejectionReason } }',
      { id },
    );
    expect(data.vendorApplication).toEqual({ rejectionReason: 'No licence' });
    // Positive control: what is rejected leaves room for another try.
    expect(await apply(onboarding, applicant)).toEqual(expect.any(String));
  });
});
