import {
  bookingRights,
  catalogueRights,
  customerRights,
  moneyRights,
  supportRights,
} from './permissions/customers.data.ts';
import { peopleRights } from './permissions/people.data.ts';
import type { TableRights } from './permissions/rights.ts';
import { placeRights, systemRights } from './permissions/system.data.ts';
import { vendorRights } from './permissions/vendors.data.ts';

/** Who may do what: every table of the API. What is not said here must be refused. */
export const permissions: Readonly<Record<string, TableRights>> = {
  ...systemRights,
  ...placeRights,
  ...peopleRights,
  ...vendorRights,
  ...catalogueRights,
  ...customerRights,
  ...bookingRights,
  ...moneyRights,
  ...supportRights,
};
