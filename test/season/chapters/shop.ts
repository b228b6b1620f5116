import { rupees } from '../../fixtures/terms.ts';
import { join, scan } from '../membership.ts';
import { proveGone, proveRow } from '../rows.ts';
import type { Role, Season } from '../season.ts';

/** Rupees that Lotus Spa asks for a massage; a facial costs what the catalogue says. */
export const massagePrice = 1_800;

export const week = [0, 1, 2, 3, 4, 5, 6] as const;

/** A vendor prepares its shop, and its people join. */
export function shopChapter(season: Season): void {
  const { facts } = season;

  describe('the vendor opens', () => {
    it('the owner offers services at prices of the vendor, and visitors see them', async () => {
      const { owner } = season.who;
      const { vendorId, massageId, facialId } = facts;
      await proveRow(owner, {
        type: 'VendorService',
        create: { vendorId, serviceId: massageId, customPrice: rupees(1_700) },
        update: { customPrice: rupees(massagePrice) },
      });
      await proveRow(owner, {
        type: 'VendorService',
        create: { vendorId, serviceId: facialId, customPrice: rupees(950) },
        update: { isAvailable: false },
        isDeleted: true,
      });
      await owner.act('createVendorService', { vendorService: { vendorId, serviceId: facialId } });
      const { vendorServices } = await season.market.visitor(
        '{ vendorServices { nodes { price service { slug } } } }',
      );
      expect(vendorServices.nodes).toHaveLength(2);
      expect(vendorServices.nodes).toContainEqual({
        price: rupees(massagePrice),
        service: { slug: 'swedish-massage' },
      });
    });

    it('it is open from nine to nine', async () => {
      const { owner } = season.who;
      const { vendorId } = facts;
      const shift = (dayOfWeek: number, openTime: string, closeTime: string) => ({
        type: 'VendorAvailability',
        create: { vendorId, dayOfWeek, openTime: `${openTime}:00`, closeTime: `${closeTime}:00` },
      });
      await Promise.all(week.map((day) => proveRow(owner, shift(day, '09:00', '21:00'))));
      await proveRow(owner, {
        ...shift(1, '22:00', '23:00'),
        update: { closeTime: '23:30:00' },
        isDeleted: true,
      });
    });

    it('it says what it is, and where, and shows its documents', async () => {
      const { owner, vendorRelations } = season.who;
      const { vendorId } = facts;
      await owner.prove(
        'updateVendor',
        { id: vendorId, patch: { description: 'Six quiet rooms.' } },
        { vendor: { description: 'Six quiet rooms.' } },
      );
      await owner.prove(
        'updateVendorPrivateDetail',
        { vendorId, patch: { contactEmail: 'desk@lotus.example' } },
        { vendorPrivateDetail: { contactEmail: 'desk@lotus.example' } },
      );
      const { vendorCategoryByCategoryCode: salon } = await owner.query(
        '{ vendorCategoryByCategoryCode(categoryCode: "salon") { id } }',
      );
      const membership = { vendorId, categoryId: salon.id };
      await owner.prove(
        'createVendorCategoryMember',
        { vendorCategoryMember: { ...membership, isPrimary: false } },
        { vendorCategoryMember: { isPrimary: false } },
      );
      await owner.prove(
        'updateVendorCategoryMember',
        { ...membership, patch: { isPrimary: false } },
        { vendorCategoryMember: { isPrimary: false } },
      );
      await owner.proveBy(
        'deleteVendorCategoryMember',
        membership,
        {
          by: owner,
          document: `query ($vendorId: UUID!, $categoryId: UUID!) {
            vendorCategoryMember(vendorId: $vendorId, categoryId: $categoryId) { isPrimary } }`,
          variables: membership,
        },
        { vendorCategoryMember: null },
      );
      const fileUrl = await owner.upload('vendor_document', 'application/pdf', scan);
      const document = (documentName: string) =>
        owner.prove(
          'createVendorDocument',
          { vendorDocument: { vendorId, documentType: 'insurance', documentName, fileUrl } },
          { vendorDocument: { documentName, verificationStatus: 'pending' } },
          'id',
        );
      const { vendorDocument: kept } = await document('Insurance');
      await vendorRelations.prove(
        'verifyVendorDocument',
        { documentId: kept.id, isRight: true },
        { result: { verificationStatus: 'verified' } },
      );
      const { vendorDocument: wrong } = await document('Insurance of another');
      await proveGone(owner, 'VendorDocument', wrong.id);
    });

    it('the platform takes back the verification of a vendor, and visitors no longer find it', async () => {
      const { vendorRelations, owner } = season.who;
      const { vendorId } = facts;
      const verify = { vendorId, isRight: false, reason: 'The address is another.' };
      expect(await owner.refusedAct('verifyVendor', verify)).toBe('42501');
      await vendorRelations.prove('verifyVendor', verify, {
        result: { verificationStatus: 'rejected', isListed: false },
      });
      const found = await season.market.visitor('query ($id: UUID!) { vendor(id: $id) { id } }', {
        id: vendorId,
      });
      expect(found.vendor).toBeNull();
      await vendorRelations.prove(
        'verifyVendor',
        { vendorId, isRight: true },
        { result: { verificationStatus: 'verified', isListed: true } },
      );
    });

    it('a manager, a receptionist, an accountant and an admin join by invitation', async () => {
      const { owner } = season.who;
      const { vendorId } = facts;
      const desk = [
        ['vendorManager', 'manager'],
        ['receptionist', 'receptionist'],
        ['accountant', 'accountant'],
        ['vendorAdmin', 'admin'],
        ['leaver', 'receptionist'],
      ] as const satisfies readonly (readonly [Role, string])[];
      await Promise.all(
        desk.map(([person, role]) =>
          join(owner, season.who[person], { kind: 'vendor_staff', vendorId, role }),
        ),
      );
      const { vendorStaffMembers } = await owner.query(
        '{ vendorStaffMembers { nodes { id name role } } }',
      );
      const leaver = vendorStaffMembers.nodes.find(
        ({ name }: { name: string }) => name === season.who.leaver.name,
      );
      await owner.prove(
        'updateVendorStaffMember',
        { id: leaver.id, patch: { role: 'accountant' } },
        { vendorStaffMember: { role: 'accountant' } },
      );
      await proveGone(owner, 'VendorStaffMember', leaver.id);
      const { myMemberships } = await season.who.leaver.query('{ myMemberships { totalCount } }');
      expect(myMemberships.totalCount).toBe(0);
    });
  });
}
