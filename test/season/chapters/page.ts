import { pictures } from '../../files/pictures.ts';
import { proveGone } from '../rows.ts';
import type { Season } from '../season.ts';

/** The page of a vendor, as visitors find it. */
export function pageChapter(season: Season): void {
  const { facts } = season;

  describe('the page of a vendor', () => {
    it('has an address, a logo and pictures, which the owner arranges and visitors see', async () => {
      const { owner, receptionist } = season.who;
      const { vendorId } = facts;
      const page = { website: 'https://lotus.example', telephone: '+912066001234' };
      expect(await receptionist.tryAct('updateVendor', { id: vendorId, patch: page })).not.toBe(
        'allowed',
      );
      await owner.prove('updateVendor', { id: vendorId, patch: page }, { vendor: page });
      const add = async (caption: string) => {
        const { vendorPicture } = await owner.prove(
          'createVendorPicture',
          {
            vendorPicture: {
              vendorId,
              caption,
              imageUrl: await owner.upload('vendor_picture', 'image/png', pictures.png),
            },
          },
          { vendorPicture: { caption } },
          'id',
        );
        return vendorPicture.id as string;
      };
      const garden = await add('The garden');
      const room = await add('A room');
      const wrong = await add('Another house');
      await owner.prove(
        'updateVendorPicture',
        { id: room, patch: { caption: 'The quiet room' } },
        { vendorPicture: { caption: 'The quiet room' } },
      );
      await proveGone(owner, 'VendorPicture', wrong);
      const seen = {
        by: season.market.person('a visitor', ''),
        document: `{ vendor(id: "${vendorId}") { website
          vendorPictures(orderBy: POSITION_ASC) { nodes { caption } } } }`,
      };
      await owner.proveBy('arrangeVendorPictures', { vendorId, pictureIds: [room, garden] }, seen, {
        vendor: {
          website: page.website,
          vendorPictures: { nodes: [{ caption: 'The quiet room' }, { caption: 'The garden' }] },
        },
      });
    });
  });
}
