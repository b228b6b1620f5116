import type pg from 'pg';
import { type Day, formatMoment, momentOf } from './calendar.ts';
import { addons, type CatalogueService, packages, services } from './catalogue.ts';
import { formatArray, type Rows } from './copy.ts';
import { known } from './defaults.ts';
import type { Paise } from './money.ts';
import { serviceId } from './personas.ts';
import { Random } from './random.ts';

export type Service = {
  readonly id: string;
  readonly name: string;
  readonly category: CatalogueService['category'];
  readonly minutes: number;
  /** What it costs at catalogue price, as the database says. */
  readonly price: Paise;
};

export type Addon = {
  readonly name: string;
  readonly minutes: number;
  readonly price: Paise;
};

/** Adds services, add-ons and packages, and returns those that can be booked, at their prices. */
export async function addServices(
  client: pg.ClientBase,
  rows: Rows,
  categoryIds: ReadonlyMap<string, string>,
  today: Day,
): Promise<{ readonly services: Service[]; readonly addons: Addon[] }> {
  const random = new Random('services');
  const made = formatMoment(momentOf(today - 800));
  const serviceIds = new Map<string, string>();
  const addonIds = new Map<string, string>();

  const bookable = services.map((service: CatalogueService, index) => {
    const categoryId = categoryIds.get(service.category);
    if (categoryId === undefined) {
      throw new Error(`There is no service category ${service.category}.`);
    }
    const id = serviceId(index + 1);
    serviceIds.set(service.slug, id);
    rows.add('public.services', {
      id,
      name: service.name,
      slug: service.slug,
      category_id: categoryId,
      description: service.description,
      short_description: service.shortDescription,
      benefits: formatArray(service.benefits),
      duration: service.duration,
      base_price: service.basePrice,
      discounted_price: service.discountedPrice,
      techniques: service.techniques,
      focus_areas: formatArray(service.focusAreas),
      contraindications: service.contraindications,
      is_popular: service.isPopular,
      is_featured: service.isFeatured,
      display_order: service.displayOrder,
      created_at: made,
      updated_at: made,
    });
    return {
      id,
      name: service.name,
      category: service.category,
      minutes: service.duration,
    };
  });

  for (const addon of addons) {
    const id = random.uuid();
    addonIds.set(addon.name, id);
    rows.add('public.addon_services', {
      id,
      name: addon.name,
      description: addon.description,
      duration: addon.duration,
      price: addon.price,
      created_at: made,
      updated_at: made,
    });
  }

  for (const offer of packages) {
    rows.add('public.service_packages', {
      id: random.uuid(),
      name: offer.name,
      slug: offer.slug,
      description: offer.description,
      service_ids: formatArray(offer.services.map((slug) => serviceIds.get(slug) ?? slug)),
      addon_ids: formatArray(offer.addons.map((name) => addonIds.get(name) ?? name)),
      total_duration: offer.totalDuration,
      package_price: offer.packagePrice,
      discount_percentage: offer.discountPercentage,
      created_at: made,
      updated_at: made,
    });
  }

  await rows.send(client);
  const { rows: asked } = await client.query<{ id: string; price: Paise }>(
    'select s.id, (public.services_price(s) * 100)::integer as price from public.services s',
  );
  const prices = new Map(asked.map(({ id, price }) => [id, price]));
  return {
    services: bookable.map((service) => ({ ...service, price: known(prices, service.id) })),
    addons: addons.map(({ name, duration, price }) => ({
      name,
      minutes: duration,
      price: price * 100,
    })),
  };
}
