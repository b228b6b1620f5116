import { idOf } from '../fixtures/people.ts';
import { commissionRates, percent } from '../fixtures/terms.ts';
import { addStoredFile } from '../helpers/files.ts';
import {
  act,
  apply,
  approveAll,
  categoryIds,
  create,
  documentsAtEachAct,
  history,
  missing,
  newcomer,
  signUp,
  vendorsOf,
  verifyAll,
} from './steps.ts';
import { applicationAt, type Onboarding, startOnboarding } from './support.ts';

let onboarding: Onboarding;

beforeAll(async () => {
  onboarding = await startOnboarding();
});

afterAll(async () => {
  await onboarding?.close();
});

describe('from quick sign-up to approved vendor, through the API alone', () => {
  it('an independent spa that is also a salon', async () => {
    const applicant = await newcomer(onboarding);
    const { spa, salon } = await categoryIds(onboarding);

    expect(
      await create(onboarding, applicant, 'QuickSignupProfile', {
        mobile: '+919876500001',
        categoryId: spa,
      }),
    ).toBe('ok');
    expect(await signUp(onboarding, applicant)).toEqual({
      mobileVerified: false,
      completedAt: null,
    });
    const applicationId = await apply(onboarding, applicant);
    for (const [categoryId, isPrimary] of [
      [spa, true],
      [salon, false],
    ]) {
      expect(
        await create(onboarding, applicant, 'VendorApplicationCategory', {
          applicationId,
          categoryId,
          isPrimary,
        }),
      ).toBe('ok');
    }
    expect(
      await create(onboarding, applicant, 'OnboardingProgress', {
        applicationId,
        stepCode: 'business',
        status: 'completed',
      }),
    ).toBe('ok');
    const documents = ['license', 'pan', 'registration'];
    expect(await missing(onboarding, applicant, applicationId)).toEqual(documents);
    for (const documentType of documents) {
      expect(
        await create(onboarding, applicant, 'VendorApplicationDocument', {
          applicationId,
          documentType,
          documentName: `${documentType}.pdf`,
          fileUrl: await addStoredFile(onboarding.owner, applicant.id, 'vendor_document'),
        }),
      ).toBe('ok');
    }

    expect(await act(onboarding, applicant, 'submitVendorApplication', applicationId)).toBe(
      'fo_review',
    );
    expect(await signUp(onboarding, applicant)).toEqual({
      mobileVerified: false,
      completedAt: expect.any(String),
    });
    expect(await verifyAll(onboarding, 'field_officer', applicationId)).toEqual(
      documents.map(() => 'verified'),
    );
    expect(await missing(onboarding, 'field_officer', applicationId)).toEqual([]);
    expect(await approveAll(onboarding, applicationId)).toEqual([
      'manager_review',
      'director_review',
      'admin_review',
      'approved',
    ]);

    expect(await vendorsOf(onboarding, applicant)).toEqual({
      me: { role: 'vendor' },
      vendors: {
        nodes: [
          {
            businessName: 'Lotus Spa',
            city: 'Pune',
            verificationStatus: 'verified',
            isListed: true,
            primaryCategory: { categoryCode: 'spa' },
            vendorCategoryMembers: {
              nodes: expect.arrayContaining([
                { isPrimary: true, category: { categoryCode: 'spa' } },
                { isPrimary: false, category: { categoryCode: 'salon' } },
              ]),
            },
            vendorPrivateDetail: {
              applicationId,
              commissionRate: percent(commissionRates.INDEPENDENT),
              partnerType: 'INDEPENDENT',
              panNumber: 'ABCPE1234F',
            },
          },
        ],
      },
    });
    expect(await history(onboarding, applicant, applicationId)).toEqual([
      ['submitted', 0, applicant.id],
      ['approved', 1, idOf('field_officer')],
      ['approved', 2, idOf('manager')],
      ['approved', 3, idOf('director')],
      ['approved', 4, idOf('vice_president')],
    ]);
    expect(await documentsAtEachAct(onboarding, applicant, applicationId)).toEqual([
      { license: 'pending', pan: 'pending', registration: 'pending' },
      ...Array.from({ length: 4 }, () => ({
        license: 'verified',
        pan: 'verified',
        registration: 'verified',
      })),
    ]);
    const { rows } = await onboarding.owner.query(
      `select r.code, ur.assigned_by from user_roles ur join roles r on r.id = ur.role_id
      where ur.user_id = $1 and ur.status = 'active'`,
      [applicant.id],
    );
    expect(rows).toEqual([{ code: 'vendor', assigned_by: idOf('vice_president') }]);
  });

  it('a franchise, once its fee is recorded', async () => {
    const applicant = await newcomer(onboarding);
    const applicationId = await apply(onboarding, applicant, {
      partnerType: 'FRANCHISE',
      franchiseAgreementSigned: true,
    });
    for (const documentType of ['pan', 'registration']) {
      await create(onboarding, applicant, 'VendorApplicationDocument', {
        applicationId,
        documentType,
        documentName: documentType,
        fileUrl: await addStoredFile(onboarding.owner, applicant.id, 'vendor_document'),
      });
    }
    await act(onboarding, applicant, 'submitVendorApplication', applicationId);
    await verifyAll(onboarding, 'field_officer', applicationId);
    expect(await approveAll(onboarding, applicationId)).toEqual([
      'manager_review',
      'director_review',
      'admin_review',
      'OB035',
    ]);
    expect(
      await act(onboarding, 'finance', 'recordFranchiseFee', applicationId, {
        reference: 'NEFT 1',
      }),
    ).toBe('admin_review');
    expect(await act(onboarding, 'admin', 'approveVendorApplication', applicationId)).toBe(
      'approved',
    );
    expect(await vendorsOf(onboarding, applicant)).toMatchObject({
      vendors: {
        nodes: [
          {
            primaryCategory: null,
            vendorPrivateDetail: {
              commissionRate: percent(commissionRates.FRANCHISE),
              partnerType: 'FRANCHISE',
            },
          },
        ],
      },
    });
  });

  it.each([
    'ASSOCIATION',
    'AGGREGATOR',
  ] as const)('%s pays the rate of its type', async (partnerType) => {
    const commissionRate = percent(commissionRates[partnerType]);
    const { id, applicant } = await applicationAt(onboarding.owner, {
      status: 'admin_review',
      partnerType,
    });
    expect(await act(onboarding, 'admin', 'approveVendorApplication', id)).toBe('approved');
    expect(await vendorsOf(onboarding, applicant)).toMatchObject({
      vendors: { nodes: [{ vendorPrivateDetail: { commissionRate, partnerType } }] },
    });
  });

  it('a vendor keeps the rate that it was approved with', async () => {
    const { id, applicant } = await applicationAt(onboarding.owner, {
      status: 'admin_review',
      partnerType: 'AGGREGATOR',
    });
    await act(onboarding, 'admin', 'approveVendorApplication', id);
    await onboarding.owner.query(
      `update partner_types set commission_rate = 1 where type_code = 'AGGREGATOR'`,
    );
    expect(await vendorsOf(onboarding, applicant)).toMatchObject({
      vendors: {
        nodes: [{ vendorPrivateDetail: { commissionRate: percent(commissionRates.AGGREGATOR) } }],
      },
    });
  });
});
