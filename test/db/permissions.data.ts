import { beauticianRights } from './permissions/beauticians.data.ts';
import {
  bookingRights,
  catalogueRights,
  customerRights,
  moneyRights,
  supportRights,
} from './permissions/customers.data.ts';
import { departmentRights } from './permissions/departments.data.ts';
import {
  notificationTemplateRights,
  onboardingRights,
  signInRights,
  vendorCategoryRights,
} from './permissions/onboarding.data.ts';
import { peopleRights } from './permissions/people.data.ts';
import type { TableRights } from './permissions/rights.ts';
import { placeRights, systemRights } from './permissions/system.data.ts';
import { vendorRights } from './permissions/vendors.data.ts';

/** Who may do what: every table of the API. What is not said here must be refused. */
export const permissions: Readonly<Record<string, TableRights>> = {
  ...systemRights,
  ...notificationTemplateRights,
  ...placeRights,
  ...peopleRights,
  ...vendorRights,
  ...onboardingRights,
  ...vendorCategoryRights,
  ...signInRights,
  ...beauticianRights,
  ...departmentRights,
  ...catalogueRights,
  ...customerRights,
  ...bookingRights,
  ...moneyRights,
  ...supportRights,
};
