import { scan } from '../membership.ts';
import { proveGone, proveRow } from '../rows.ts';
import type { Season } from '../season.ts';

const pune = { city: 'Pune', state: 'Maharashtra', pincode: '411001' } as const;

/** People who will book say who they are, where they live, and how they want to be told. */
export function customersChapter(season: Season): void {
  const { facts } = season;

  describe('customers', () => {
    it('sign in, and say who they are', async () => {
      const { customer, friend, guest, absent, regular } = season.who;
      await Promise.all(
        [customer, friend, guest, absent, regular].map(async (person) => {
          await person.signIn();
          await person.prove(
            'updateUserProfile',
            { id: person.id(), patch: { name: person.name, dateOfBirth: '1990-05-17' } },
            { userProfile: { name: person.name, dateOfBirth: '1990-05-17' } },
          );
        }),
      );
      const none = '{ me { customer { id } } }';
      expect((await customer.query(none)).me.customer).toBeNull();
      await customer.prove(
        'createCustomer',
        { customer: { specialRequirements: 'None' } },
        { customer: { specialRequirements: 'None' } },
      );
      await customer.prove(
        'updateCustomer',
        { id: customer.id(), patch: { specialRequirements: 'A quiet room' } },
        { customer: { specialRequirements: 'A quiet room' } },
      );
    });

    it('keep addresses, people to call, ways to pay and favourites', async () => {
      const { customer } = season.who;
      const { therapistId, vendorId } = facts;
      const address = {
        type: 'CustomerAddress',
        create: {
          ...pune,
          addressType: 'home',
          addressLine1: '4 Church Road',
          latitude: '18.53000000',
          longitude: '73.86000000',
        },
        update: { landmark: 'Opposite the church' },
      };
      await proveRow(customer, address);
      await proveRow(customer, { ...address, isDeleted: true });
      await proveRow(customer, {
        type: 'EmergencyContact',
        create: { name: 'Kamal Shah', relationship: 'Brother', mobile: '+919800000999' },
        update: { isPrimary: true },
        isDeleted: true,
      });
      await proveRow(customer, {
        type: 'PaymentMethod',
        create: { methodType: 'upi', upiId: 'kiran@upi' },
        update: { isPrimary: true },
        isDeleted: true,
      });
      await proveRow(customer, { type: 'Favourite', create: { vendorId } });
      await proveRow(customer, { type: 'Favourite', create: { therapistId }, isDeleted: true });
    });

    it('choose a language and the ways to be told', async () => {
      const { customer } = season.who;
      await proveRow(customer, {
        type: 'UserPreference',
        create: { language: 'en', notificationEmail: false },
        update: { theme: 'dark' },
      });
      const { result } = await customer.prove(
        'registerDevice',
        { kind: 'expo', platform: 'android', endpoint: 'ExponentPushToken[season]' },
        { result: { kind: 'expo', platform: 'android' } },
        'id',
      );
      await customer.prove(
        'unregisterDevice',
        { deviceId: result.id },
        { result: { goneAt: expect.any(String) } },
      );
    });

    it('send a file, and only its owner opens it', async () => {
      const { customer, friend } = season.who;
      const { result } = await customer.prove(
        'createUpload',
        { purpose: 'user_document', contentType: 'application/pdf', size: scan.length },
        { result: { contentType: 'application/pdf', status: 'pending' } },
        'id',
      );
      const file = 'query ($id: UUID!) { file(id: $id) { id } }';
      expect((await friend.query(file, { id: result.id })).file).toBeNull();
      expect((await customer.query(file, { id: result.id })).file).not.toBeNull();
    });

    it('show who they are and where their money goes, and the platform verifies it', async () => {
      const { owner, customer, customerData, finance, care } = season.who;
      const fileUrl = await owner.upload('user_document', 'application/pdf', scan);
      const document = {
        type: 'UserDocument',
        create: { documentName: 'PAN', documentType: 'other', fileUrl },
        update: { documentName: 'Licence' },
      };
      const documentId = await proveRow(owner, document);
      await customerData.prove(
        'verifyUserDocument',
        { documentId, isRight: true },
        { result: { verificationStatus: 'verified' } },
      );
      await proveRow(owner, { ...document, isDeleted: true });
      const kyc = { type: 'UserKycVerification', create: { verificationType: 'email' } };
      await proveRow(customer, { ...kyc, isDeleted: true });
      const verificationId = await proveRow(customer, kyc);
      const decide = { verificationId, approved: true };
      expect(await care.refusedAct('decideKycVerification', decide)).toBe('OB002');
      await customerData.prove('decideKycVerification', decide, {
        result: { verificationStatus: 'verified' },
      });
      const account = (accountNumber: string) => ({
        accountHolderName: owner.name,
        accountNumber,
        bankName: 'State Bank of India',
        ifscCode: 'SBIN0000300',
      });
      const bank = async (accountNumber: string) => {
        const { userBankDetail } = await owner.prove(
          'createUserBankDetail',
          { userBankDetail: account(accountNumber) },
          {
            userBankDetail: {
              accountHolderName: owner.name,
              accountNumber: expect.stringContaining(accountNumber.slice(-4)),
              verificationStatus: 'pending',
            },
          },
          'id',
        );
        return userBankDetail.id as string;
      };
      const bankDetailId = await bank('30001234567');
      facts.bankDetailId = bankDetailId;
      await owner.prove(
        'updateUserBankDetail',
        { id: bankDetailId, patch: { isPrimary: true } },
        { userBankDetail: { isPrimary: true } },
      );
      await proveGone(owner, 'UserBankDetail', await bank('30007654321'));
      const verify = { bankDetailId, isRight: true };
      expect(await owner.refusedAct('verifyBankAccount', verify)).toBe('42501');
      await customerData.prove('verifyBankAccount', verify, {
        result: { verificationStatus: 'verified' },
      });
      const read = { bankDetailId };
      expect(await customerData.refusedAct('readBankAccountNumber', read)).toBe('OB002');
      await finance.prove('readBankAccountNumber', read, { result: '30001234567' });
    });

    it('a new customer enters the code of the friend who told of the platform', async () => {
      const { customer, friend } = season.who;
      const { me } = await customer.query('{ me { customer { referralCode } } }');
      const { referralCode } = me.customer;
      expect(await customer.refusedAct('useReferralCode', { code: referralCode })).toBe('OB003');
      await friend.prove(
        'useReferralCode',
        { code: referralCode },
        { result: { status: 'pending' } },
      );
    });

    it('what they look at is counted', async () => {
      const { customer, operations } = season.who;
      await customer.prove(
        'recordActivity',
        {
          events: [{ kind: 'page_view', pagePath: '/vendors', sessionId: 'a-visit-of-kiran' }],
        },
        { recorded: 1 },
      );
      expect(await customer.refusal(pages(season))).toBe('42501');
      expect(await operations.outcome(pages(season))).toBe('allowed');
    });
  });
}

function pages(season: Season): string {
  return `{ topPages(fromDay: "${season.day(1)}", toDay: "${season.day(1)}", most: 5) { pagePath views } }`;
}
