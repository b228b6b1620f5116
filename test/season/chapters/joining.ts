import { scan } from '../membership.ts';
import { proveGone } from '../rows.ts';
import type { Role, Season } from '../season.ts';
import { until } from '../until.ts';

const pune = {
  addressLine1: 'MG Road',
  city: 'Pune',
  state: 'Maharashtra',
  pincode: '411001',
  latitude: '18.52000000',
  longitude: '73.85000000',
} as const;

/** Vendors apply; what is asked, held, paid, rejected and approved on the way. */
export function joiningChapter(season: Season): void {
  const levels = ['fieldOfficer', 'manager', 'director', 'vicePresident'] as const;

  const apply = async (role: Role, shown: Readonly<Record<string, unknown>>) => {
    const person = season.who[role];
    const { vendorApplication } = await person.prove(
      'createVendorApplication',
      {
        vendorApplication: {
          ...shown,
          ...pune,
          contactPerson: person.name,
          contactMobile: person.mobile,
          contactEmail: `${role.toLowerCase()}@season.example`,
          yearsInBusiness: 3,
        },
      },
      {
        vendorApplication: {
          ...shown,
          status: 'pending',
          applicationNumber: expect.stringMatching(/^APP\d{6,}$/),
        },
      },
      'id',
    );
    return vendorApplication.id as string;
  };
  const missing = async (role: Role, id: string): Promise<readonly string[]> => {
    const { vendorApplication } = await season.who[role].query(
      'query ($id: UUID!) { vendorApplication(id: $id) { missingDocuments } }',
      { id },
    );
    return vendorApplication.missingDocuments;
  };
  const attach = async (role: Role, applicationId: string, only?: string) => {
    const person = season.who[role];
    const ids: string[] = [];
    const types = only === undefined ? await missing(role, applicationId) : [only];
    for (const documentType of types) {
      const fileUrl = await person.upload('vendor_document', 'application/pdf', scan);
      const { vendorApplicationDocument } = await person.prove(
        'createVendorApplicationDocument',
        {
          vendorApplicationDocument: {
            applicationId,
            documentType,
            documentName: documentType,
            fileUrl,
          },
        },
        { vendorApplicationDocument: { documentType, verificationStatus: 'pending' } },
        'id',
      );
      ids.push(vendorApplicationDocument.id);
    }
    return ids;
  };
  const verify = (documentIds: readonly string[]) =>
    Promise.all(
      documentIds.map((documentId) =>
        season.who.fieldOfficer.prove(
          'verifyApplicationDocument',
          { documentId, isRight: true },
          { result: { verificationStatus: 'verified' } },
        ),
      ),
    );
  const submit = (role: Role, applicationId: string) =>
    season.who[role].prove(
      'submitVendorApplication',
      { applicationId },
      { result: { status: 'fo_review' } },
    );

  describe('a vendor joins', () => {
    let applicationId: string;
    let documentIds: readonly string[];

    it('its owner signs up in a few words, and applies with all documents', async () => {
      const { owner } = season.who;
      await owner.signIn('vendor');
      const { me, vendorCategoryTree } = await owner.query(
        '{ me { quickSignupProfileByUserId { id } } vendorCategoryTree { id categoryCode } }',
      );
      const categoryOf = (wanted: string) =>
        vendorCategoryTree.find(
          ({ categoryCode }: { categoryCode: string }) => categoryCode === wanted,
        ).id;
      await owner.prove(
        'updateQuickSignupProfile',
        { id: me.quickSignupProfileByUserId.id, patch: { partnerType: 'INDEPENDENT' } },
        { quickSignupProfile: { partnerType: 'INDEPENDENT' } },
      );
      applicationId = await apply('owner', {
        businessName: 'Lotus Sp',
        businessType: 'spa',
        panNumber: 'ABCPE1234F',
        gstNumber: '27ABCPE1234F1ZB',
        partnerType: 'INDEPENDENT',
      });
      await owner.prove(
        'updateVendorApplication',
        { id: applicationId, patch: { businessName: 'Lotus Spa' } },
        { vendorApplication: { businessName: 'Lotus Spa' } },
      );
      const category = (code: string, isPrimary: boolean) =>
        owner.prove(
          'createVendorApplicationCategory',
          { vendorApplicationCategory: { applicationId, categoryId: categoryOf(code), isPrimary } },
          { vendorApplicationCategory: { isPrimary } },
        );
      await category('spa', false);
      await category('salon', false);
      await owner.prove(
        'updateVendorApplicationCategory',
        { applicationId, categoryId: categoryOf('spa'), patch: { isPrimary: true } },
        { vendorApplicationCategory: { isPrimary: true } },
      );
      await owner.proveBy(
        'deleteVendorApplicationCategory',
        { applicationId, categoryId: categoryOf('salon') },
        {
          by: owner,
          document: '{ vendorApplicationCategories { nodes { category { categoryCode } } } }',
        },
        { vendorApplicationCategories: { nodes: [{ category: { categoryCode: 'spa' } }] } },
      );
      await owner.prove(
        'createOnboardingProgress',
        {
          onboardingProgress: { applicationId, stepCode: 'business', status: 'in_progress' },
        },
        { onboardingProgress: { status: 'in_progress' } },
      );
      await owner.prove(
        'updateOnboardingProgress',
        { applicationId, stepCode: 'business', patch: { status: 'completed' } },
        { onboardingProgress: { status: 'completed', completedAt: expect.any(String) } },
      );
      const [first = '', ...others] = await attach('owner', applicationId);
      const { vendorApplicationDocument: deleted } = await owner.query(
        'query ($id: UUID!) { vendorApplicationDocument(id: $id) { documentType } }',
        { id: first },
      );
      await proveGone(owner, 'VendorApplicationDocument', first);
      documentIds = [...others, ...(await attach('owner', applicationId, deleted.documentType))];
      await submit('owner', applicationId);
    });

    it('no user approves at a level that is not theirs', async () => {
      const { manager, owner } = season.who;
      const approve = { applicationId };
      expect(await manager.refusedAct('approveVendorApplication', approve)).toBe('OB032');
      expect(await owner.refusedAct('approveVendorApplication', approve)).toBe('42501');
    });

    it('it is held, asked about and answered, and returns to the stage where it was', async () => {
      const { fieldOfficer, owner } = season.who;
      await fieldOfficer.prove(
        'holdVendorApplication',
        { applicationId, reason: 'A visit comes first.' },
        { result: { status: 'on_hold' } },
      );
      await fieldOfficer.prove(
        'resumeVendorApplication',
        { applicationId },
        { result: { status: 'fo_review' } },
      );
      await fieldOfficer.prove(
        'requestApplicationInformation',
        { applicationId, question: 'How many rooms?' },
        { result: { status: 'additional_info_required' } },
      );
      await until('the question', () =>
        owner.received().some((text) => text.includes('How many rooms?')),
      );
      await owner.prove(
        'provideApplicationInformation',
        { applicationId, answer: 'Six.' },
        { result: { status: 'fo_review' } },
      );
    });

    it('four levels approve it, each in turn, and visitors find the vendor', async () => {
      await verify(documentIds);
      const after = ['manager_review', 'director_review', 'admin_review', 'approved'];
      for (const [index, level] of levels.entries()) {
        await season.who[level].prove(
          'approveVendorApplication',
          { applicationId },
          { result: { status: after[index] } },
        );
      }
      const { vendors } = await season.market.visitor('{ vendors { nodes { id businessName } } }');
      expect(vendors.nodes).toMatchObject([{ businessName: 'Lotus Spa' }]);
      season.facts.vendorId = vendors.nodes[0].id;
    });
  });

  describe('a franchise joins', () => {
    it('once its fee is recorded by finance, and approved at level 5', async () => {
      const { otherOwner, executive, fieldOfficer, finance, manager, director } = season.who;
      await otherOwner.signIn();
      await otherOwner.prove(
        'createQuickSignupProfile',
        { quickSignupProfile: { mobile: otherOwner.mobile } },
        { quickSignupProfile: { mobile: otherOwner.mobile } },
      );
      const applicationId = await apply('otherOwner', {
        businessName: 'Jasmine Salon',
        businessType: 'salon',
        panNumber: 'ABCPE1234G',
        partnerType: 'FRANCHISE',
        franchiseAgreementSigned: true,
      });
      const documentIds = await attach('otherOwner', applicationId);
      await submit('otherOwner', applicationId);
      await verify(documentIds);
      for (const level of [fieldOfficer, manager, director]) {
        await level.act('approveVendorApplication', { applicationId });
      }
      const approve = { applicationId };
      expect(await executive.refusedAct('approveVendorApplication', approve)).toBe('OB035');
      await finance.prove(
        'recordFranchiseFee',
        { applicationId, reference: 'NEFT 4711' },
        { result: { franchiseFeePaid: true, franchisePaymentReference: 'NEFT 4711' } },
      );
      await executive.act('approveVendorApplication', approve);
      const { vendors } = await season.market.visitor('{ vendors { nodes { id businessName } } }');
      const made = vendors.nodes.find(
        ({ businessName }: { businessName: string }) => businessName === 'Jasmine Salon',
      );
      season.facts.otherVendorId = made.id;
    });
  });

  describe('an applicant does not join', () => {
    it('who withdraws, and applies again, and is rejected with a reason', async () => {
      const { applicant, fieldOfficer } = season.who;
      await applicant.signIn();
      const shown = {
        businessName: 'Rose Room',
        businessType: 'wellness_center',
        panNumber: 'ABCPE1234H',
        partnerType: 'AGGREGATOR',
      };
      await proveGone(applicant, 'VendorApplication', await apply('applicant', shown));
      const applicationId = await apply('applicant', shown);
      // Not before all required documents are attached.
      expect(await applicant.refusedAct('submitVendorApplication', { applicationId })).toBe(
        'OB034',
      );
      await attach('applicant', applicationId);
      await submit('applicant', applicationId);
      await fieldOfficer.prove(
        'rejectVendorApplication',
        { applicationId, reason: 'No such address.' },
        { result: { status: 'rejected', rejectionReason: 'No such address.' } },
      );
      await until('the rejection', () =>
        applicant.received().some((text) => text.includes('No such address.')),
      );
    });
  });
}
