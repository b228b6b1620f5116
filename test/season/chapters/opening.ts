import { rupees } from '../../fixtures/terms.ts';
import type { Season } from '../season.ts';

/** Rupees of what the catalogue has. */
export const catalogue = { massage: 1_500, facial: 900, steam: 200 } as const;

/** An empty database gets an administrator and a catalogue. */
export function openingChapter(season: Season): void {
  describe('a marketplace is opened', () => {
    it('visitors of the empty one find nothing', async () => {
      const { vendors, services } = await season.market.visitor(
        '{ vendors { totalCount } services { totalCount } }',
      );
      expect([vendors.totalCount, services.totalCount]).toEqual([0, 0]);
    });

    it('its operator makes the first administrator', async () => {
      const { admin } = season.who;
      const { name, mobile } = admin;
      const { ombaro } = season.market;
      expect(await ombaro('admin', 'create', '--mobile', mobile, '--name', name)).toMatchObject({
        code: 0,
      });
      const listed = await ombaro('admin', 'list', '--json');
      expect(JSON.parse(listed.stdout)).toMatchObject([{ name, mobile, role: 'super_admin' }]);
      await admin.signIn();
      const { me } = await admin.query('{ me { name role } }');
      expect(me).toEqual({ name, role: 'super_admin' });
    });

    it('a user who is not an administrator adds nothing to the catalogue', async () => {
      await season.who.stranger.signIn();
      const service = { name: 'Nothing', slug: 'nothing', duration: 60, basePrice: '1' };
      expect(await season.who.stranger.refusedAct('createService', { service })).toBe('42501');
    });

    it('the administrator fills the catalogue, and visitors see it', async () => {
      const { admin } = season.who;
      const { serviceCategoryBySlug } = await admin.query(
        '{ serviceCategoryBySlug(slug: "massage") { id } }',
      );
      const massage = { name: 'Swedish massage', basePrice: rupees(catalogue.massage) };
      const facial = { name: 'Fruit facial', basePrice: rupees(catalogue.facial) };
      const create = async (shown: typeof massage, more: object) => {
        const { service } = await admin.prove(
          'createService',
          { service: { ...shown, ...more, duration: 60 } },
          { service: shown },
          'id',
        );
        return service.id;
      };
      const categoryId = serviceCategoryBySlug.id;
      season.facts.massageId = await create(massage, { slug: 'swedish-massage', categoryId });
      season.facts.facialId = await create(facial, { slug: 'fruit-facial' });
      const { services } = await season.market.visitor(
        '{ services(orderBy: SLUG_ASC) { nodes { name basePrice } } }',
      );
      expect(services.nodes).toEqual([facial, massage]);
    });
  });
}
