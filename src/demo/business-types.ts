import type { CategorySlug } from './catalogue.ts';
import { businessNameEndings } from './names.ts';

export type BusinessType = 'spa' | 'salon' | 'wellness_center' | 'home_service' | 'hotel_spa';

/** Minutes of the day, in the vendor's own time. */
export type Hours = { readonly from: number; readonly to: number };

/** How the businesses of a type are called, what they offer, and when they are open. */
export const kinds: Readonly<
  Record<
    BusinessType,
    {
      readonly endings: readonly string[];
      readonly categories: readonly CategorySlug[];
      readonly hours: Hours;
    }
  >
> = {
  spa: {
    endings: businessNameEndings.spa,
    categories: ['massage', 'body-treatments', 'ayurveda', 'facial', 'nails'],
    hours: { from: 600, to: 1260 },
  },
  salon: {
    endings: businessNameEndings.salon,
    categories: ['hair', 'facial', 'nails', 'waxing-threading', 'makeup-bridal', 'mens-grooming'],
    hours: { from: 570, to: 1230 },
  },
  wellness_center: {
    endings: ['Wellness Centre', 'Yoga & Wellness', 'Ayurveda Centre'],
    categories: ['wellness-yoga', 'ayurveda', 'massage', 'body-treatments'],
    hours: { from: 420, to: 1200 },
  },
  home_service: {
    endings: businessNameEndings.home,
    categories: ['massage', 'facial', 'waxing-threading', 'nails', 'makeup-bridal'],
    hours: { from: 480, to: 1200 },
  },
  hotel_spa: {
    endings: businessNameEndings.hotel,
    categories: ['massage', 'body-treatments', 'facial'],
    hours: { from: 480, to: 1320 },
  },
};

/** What the kind of a business is called among the kinds of vendor. */
export const vendorCategoryOf: Readonly<Record<BusinessType, string>> = {
  spa: 'spa',
  salon: 'salon',
  wellness_center: 'wellness',
  home_service: 'home_service',
  hotel_spa: 'hotel_spa',
};
/** Kinds of vendor that follow from what is offered. */
const furtherCategories: readonly (readonly [CategorySlug, string])[] = [
  ['ayurveda', 'ayurveda'],
  ['wellness-yoga', 'yoga_meditation'],
];

/** Codes of the kinds of vendor that it belongs to, the primary one first. */
export function vendorCategoriesOf(
  type: BusinessType,
  offers: readonly { readonly category: CategorySlug }[],
): string[] {
  const offered = new Set(offers.map(({ category }) => category));
  const further = furtherCategories.filter(([category]) => offered.has(category));
  return [vendorCategoryOf[type], ...further.map(([, code]) => code)];
}
