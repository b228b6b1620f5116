import type { TestDatabase } from '../../helpers/database.ts';
import type { Play } from '../play.ts';

/** Six vendors and nine services in two cities; nothing else is searched but places. */
export async function seedSearchable(database: TestDatabase): Promise<void> {
  await database.owner.query(`
    insert into service_categories (name, slug) values ('Massage & Body', 'market-body'), ('Hair', 'market-hair');
    insert into services (name, slug, category_id, duration, base_price, description)
    select s.name, s.slug, c.id, 60, s.price, s.description
    from (values
      ('Swedish Massage', 'swedish', 'body', 1500, 'Long strokes with warm oil'),
      ('Thai Massage', 'thai', 'body', 2500, null),
      ('Hot-Stone Ritual', 'stone', 'body', 3000, 'Basalt, then a short massage'),
      ('Haircut', 'haircut', 'hair', 400, null),
      ('Keratin Smoothing', 'keratin', 'hair', 5000, null),
      ('Café au Lait Scrub', 'cafe', 'body', 900, null),
      ('बालों की मालिश', 'champi', 'hair', 500, 'सिर की मालिश')
    ) s (name, slug, category, price, description)
    join service_categories c on c.slug = 'market-' || s.category;
    insert into services (name, slug, duration, base_price, is_active)
    values ('Retired Massage', 'retired', 60, 100, false);
    insert into vendors (business_name, address_line1, city, state, pincode, latitude, longitude,
      rating, total_reviews, verification_status, description)
    values
      ('Lotus Spa', 'MG Road', 'Pune', 'Maharashtra', '411001', 18.52, 73.85, 4.5, 40, 'verified', null),
      ('Lotus Garden', 'MG Road', 'Pune', 'Maharashtra', '411002', 18.60, 73.85, 3, 40, 'verified', null),
      ('Zen Studio', 'MG Road', 'Nagpur', 'Maharashtra', '440001', 21.15, 79.09, 5, 9, 'verified',
        'A lotus pond in the yard'),
      ('Lotus Secret', 'MG Road', 'Pune', 'Maharashtra', '411001', 18.52, 73.85, 5, 90, 'pending', null);
    insert into vendor_services (vendor_id, service_id, custom_price, is_available)
    select v.id, s.id, o.price, o.is_available
    from (values
      ('Lotus Spa', 'swedish', 1800, true), ('Lotus Spa', 'thai', null, true), ('Lotus Spa', 'haircut', 450, false),
      ('Lotus Garden', 'haircut', 300, true), ('Lotus Garden', 'retired', 100, true),
      ('Zen Studio', 'swedish', 900, true), ('Lotus Secret', 'stone', 10, true)
    ) o (vendor, slug, price, is_available)
    join vendors v on v.business_name = o.vendor
    join services s on s.slug = o.slug;
  `);
}

export const vendorNames =
  (play: Play) =>
  async (parameters: string): Promise<string[]> => {
    const rows = await play.as<{ name: string }>(
      null,
      `select (found_vendor_vendor(f)).business_name as name from search_vendors(${parameters}) f`,
    );
    return rows.map(({ name }) => name);
  };

export const serviceNames =
  (play: Play) =>
  async (parameters: string): Promise<string[]> => {
    const rows = await play.as<{ name: string }>(
      null,
      `select (found_service_service(f)).name as name from search_services(${parameters}) f`,
    );
    return rows.map(({ name }) => name);
  };
