import type { PersonaName } from '../../../src/demo/personas.ts';
import { type Person, people, staffNames } from '../../fixtures/people.ts';

/** Departments that the rights tell apart, by code. */
type Department = 'FO' | 'OPS' | 'CUSTOMER_CARE' | 'FINANCE' | 'HR' | 'MARKETING' | 'elsewhere';

/**
 * Whose row it is: of the first or second world, of the first but withheld from some, of a named person, of a
 * department, or `shared` for default data.
 */
export type Label =
  | 'one'
  | 'two'
  | 'closed'
  | 'shared'
  | 'public'
  | 'private'
  | Department
  | PersonaName;

/** Who may, row by row. `self` are people with their own row, `everyone` people with the rows of all. */
export type RowRights = Readonly<Partial<Record<Label | 'self' | 'everyone', readonly Person[]>>>;

/** An insert that people try, and how it ends for them; for whom it says nothing it ends with 42501. */
export type InsertTrial = {
  readonly sql: string;
  readonly ends: Readonly<Record<string, readonly Person[]>>;
};

export type TableRights = {
  /** SQL for the label of a row that its id does not tell. */
  readonly labelledBy?: string;
  readonly sees: RowRights;
  readonly updates?: RowRights;
  readonly deletes?: RowRights;
  readonly inserts?: readonly InsertTrial[];
  /** Columns that may be written, by database role. */
  readonly insertColumns?: { readonly authenticated?: string; readonly staff?: string };
  readonly updateColumns?: { readonly authenticated?: string; readonly staff?: string };
};

export const staff: readonly Person[] = staffNames;
export const signedIn: readonly Person[] = people.filter((person) => person !== 'visitor');
/** Signed in and no staff. */
export const members: readonly Person[] = signedIn.filter((person) => !staff.includes(person));
export const allPeople: readonly Person[] = people;

export function without(from: readonly Person[], ...gone: readonly Person[]): readonly Person[] {
  return from.filter((person) => !gone.includes(person));
}

/** SQL for the reference to a file that the user who runs it has sent. */
export function ownFile(
  purpose: 'user_document' | 'vendor_document' | 'provider_document' | 'vendor_picture',
): string {
  return `(select 'file:' || id from files where purpose = '${purpose}')`;
}

/** Who has which of the owner's rights in the first vendor. */
export const managers = ['vendor', 'vendor_admin', 'vendor_manager'] as const;
export const desk = [...managers, 'receptionist'] as const;
export const moneyReaders = [...managers, 'accountant'] as const;
export const vendorMembers = [...desk, 'accountant'] as const;

export const admins = ['admin', 'super_admin'] as const;

/** Holders of a permission. */
export const may = {
  approveApplications: ['field_officer', 'manager', 'director', 'vice_president', ...admins],
  readVendors: ['manager', 'director', 'vice_president', ...admins],
  readBookings: [
    'manager',
    'director',
    'vice_president',
    'customer_care',
    'customer_care_head',
    'customer_care_viewer',
    'finance',
    ...admins,
  ],
  readCommissions: ['director', 'vice_president', 'finance', ...admins],
  readPayments: ['director', 'vice_president', 'finance', ...admins],
  readCoupons: ['customer_care', 'customer_care_head', 'finance', 'marketing', ...admins],
  readWallets: ['finance', ...admins],
  readBankDetails: ['finance', ...admins],
  readCustomers: ['vice_president', 'customer_care', 'customer_care_head', ...admins],
  readUsers: ['customer_care', 'customer_care_head', 'hr', ...admins],
  readTickets: ['customer_care', 'customer_care_head', 'customer_care_viewer', ...admins],
  updateTickets: ['customer_care', 'customer_care_head', ...admins],
  readReviews: ['customer_care_head', 'marketing', ...admins],
  readKyc: ['hr', ...admins],
  employ: ['hr', ...admins],
  updateCatalogue: ['marketing', ...admins],
} as const satisfies Record<string, readonly Person[]>;
