/**
 * The persons of the domain page, in its order. A name is that of a role of the season; `visitor` has no account,
 * `friend` is a customer whom the matter does not concern, and `otherOwner` owns another vendor.
 */
export const columns = {
  visitor: 'visitor',
  customer: 'customer',
  friend: 'other customer',
  owner: 'vendor owner',
  otherOwner: 'other owner',
  vendorManager: 'vendor manager',
  vendorAdmin: 'vendor admin',
  receptionist: 'receptionist',
  accountant: 'accountant',
  therapist: 'therapist',
  beautician: 'beautician',
  applicant: 'applicant',
  fieldOfficer: 'level 1 (field officer)',
  manager: 'level 2 (manager)',
  director: 'level 3 (director)',
  vicePresident: 'level 4 (vice president)',
  executive: 'level 5',
  careHead: 'CUSTOMER_CARE head',
  careDeputy: 'CUSTOMER_CARE deputy',
  care: 'CUSTOMER_CARE member',
  careViewer: 'CUSTOMER_CARE viewer',
  finance: 'FINANCE head',
  accounts: 'ACCOUNTS',
  hr: 'HR head',
  marketing: 'MARKETING head',
  it: 'IT head',
  legal: 'LEGAL',
  vendorRelations: 'VENDOR_LIST',
  operations: 'OPS',
  customerData: 'CUSTOMER_DATA',
  secondAdmin: 'admin',
  admin: 'super admin',
} as const;

export type Column = keyof typeof columns;

export const all = Object.keys(columns) as readonly Column[];
export const staff: readonly Column[] = all.slice(all.indexOf('fieldOfficer'));
export const levels = [
  'fieldOfficer',
  'manager',
  'director',
  'vicePresident',
  'executive',
] as const;
export const admins = ['secondAdmin', 'admin'] as const;
/** The owner, and vendor staff with all of the owner's rights but ownership and bank. */
export const management = ['owner', 'vendorManager', 'vendorAdmin'] as const;
/** Bookings and assignments of a vendor. */
export const desk = [...management, 'receptionist'] as const;
/** Money of a vendor, to read. */
export const purse = [...management, 'accountant'] as const;
/** Members of customer care who do more than look. */
export const customerCare = ['careHead', 'careDeputy', 'care'] as const;
