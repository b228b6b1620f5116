import {
  type Account,
  addAuthUser,
  addProfile,
  addRole,
  type Gender,
  type RoleIds,
} from './accounts.ts';
import { type Day, formatDay, formatMoment, momentOf } from './calendar.ts';
import type { Rows } from './copy.ts';
import { type PersonaName, personaNames, personas } from './personas.ts';
import { Random } from './random.ts';

export type PersonaAccounts = Readonly<Record<PersonaName, Account>>;

type Description = {
  readonly name: string;
  readonly gender: Gender;
  readonly profileRole: string;
  /** Code of the role held; null for those who hold none. */
  readonly role: string | null;
};

type Employment = {
  readonly designation: string;
  readonly level: number;
  /** Rupees up to which this person approves vendors; null for those who do not. */
  readonly approvalLimit: number | null;
  readonly reportsTo: PersonaName | null;
  /** Rupees a month. */
  readonly salary: number;
};

const descriptions: Readonly<Record<PersonaName, Description>> = {
  customer: of('Ananya Deshpande', 'female', 'customer', 'customer'),
  customer2: of('Karthik Murthy', 'male', 'customer', 'customer'),
  applicant: of('Farah Ansari', 'female', 'customer', 'customer'),
  vendor: of('Rohini Kadam', 'female', 'vendor', 'vendor'),
  vendor2: of('Deepak Hebbar', 'male', 'vendor', 'vendor'),
  vendor_admin: of('Nilesh Salvi', 'male', 'vendor', 'vendor'),
  vendor_manager: of('Sanjana Rane', 'female', 'vendor', 'vendor'),
  receptionist: of('Payal Gaikwad', 'female', 'vendor', 'vendor'),
  accountant: of('Milind Gokhale', 'male', 'vendor', 'vendor'),
  therapist: of('Lekha Gurung', 'female', 'therapist', 'therapist'),
  therapist2: of('Joel Fernandes', 'male', 'therapist', 'therapist'),
  beautician: of('Zeba Siddiqui', 'female', 'beautician', 'beautician'),
  field_officer: of('Aniket Shinde', 'male', 'employee', 'field_officer'),
  manager: of('Poornima Pillai', 'female', 'employee', 'manager'),
  director: of('Harish Bhandari', 'male', 'employee', 'director'),
  vice_president: of('Mandira Chatterjee', 'female', 'employee', 'vice_president'),
  customer_care: of('Shruti Nair', 'female', 'customer_care', 'customer_care'),
  customer_care_head: of('Vinay Kulshrestha', 'male', 'customer_care', 'customer_care_head'),
  customer_care_viewer: of('Mitali Baruah', 'female', 'customer_care', 'customer_care_viewer'),
  finance: of('Atul Maheshwari', 'male', 'finance_department', 'finance'),
  hr: of('Gurpreet Sandhu', 'female', 'hr_department', 'hr'),
  marketing: of('Ishita Basu', 'female', 'marketing_department', 'marketing'),
  admin: of('Praveen Rawat', 'male', 'admin', 'admin'),
  super_admin: of('Geetha Subramanian', 'female', 'super_admin', 'super_admin'),
  nobody: of('Kiran Lal', 'male', 'customer', null),
};

const employments: Readonly<Partial<Record<PersonaName, Employment>>> = {
  admin: employed('Chief Operating Officer', 5, 10_000_000, null, 400_000),
  vice_president: employed('Vice President', 4, 2_500_000, 'admin', 280_000),
  director: employed('Director', 3, 1_000_000, 'vice_president', 190_000),
  manager: employed('Area Manager', 2, 500_000, 'director', 110_000),
  field_officer: employed('Field Officer', 1, 500_000, 'manager', 42_000),
  customer_care_head: employed('Head of Customer Care', 3, null, 'vice_president', 120_000),
  customer_care: employed('Customer Care Agent', 1, null, 'customer_care_head', 35_000),
  customer_care_viewer: employed('Customer Care Trainee', 1, null, 'customer_care_head', 24_000),
  finance: employed('Finance Officer', 2, null, 'director', 95_000),
  hr: employed('HR Officer', 2, null, 'director', 82_000),
  marketing: employed('Marketing Officer', 2, null, 'director', 78_000),
};

/**
 * Adds the personas' accounts, profiles, roles and employments. `nobody` has an account and no
 * profile: that is made at the first request.
 */
export function addPersonas(rows: Rows, roleIds: RoleIds, today: Day): PersonaAccounts {
  const random = new Random('personas');
  const accounts = Object.fromEntries(
    personaNames.map((name, index) => [name, makeAccount(name, index, today)]),
  ) as PersonaAccounts;
  for (const [index, name] of personaNames.entries()) {
    const account = accounts[name];
    const { role } = descriptions[name];
    addAuthUser(rows, account);
    if (name !== 'nobody') {
      addProfile(rows, account);
      const registered = formatMoment(account.registeredAt);
      rows.add('public.user_preferences', {
        id: random.uuid(),
        user_id: account.id,
        created_at: registered,
        updated_at: registered,
      });
    }
    if (role !== null) {
      addRole(rows, random, roleIds, account, role);
    }
    const employment = employments[name];
    if (employment !== undefined) {
      addEmployee(rows, roleIds, accounts, name, index, employment);
    }
  }
  return accounts;
}

/** The personas of these levels who approve vendors, the lowest level first. */
export function reviewersOf(minimumLevel: number, maximumLevel: number): PersonaName[] {
  return personaNames
    .map((name) => ({ name, ...employments[name] }))
    .filter(
      ({ level = 0, approvalLimit = null }) =>
        approvalLimit !== null && level >= minimumLevel && level <= maximumLevel,
    )
    .sort(({ level: one = 0 }, { level: other = 0 }) => one - other)
    .map(({ name }) => name);
}

function makeAccount(name: PersonaName, index: number, today: Day): Account {
  const { id, email, phone } = personas[name];
  const { name: fullName, gender, profileRole } = descriptions[name];
  return {
    id,
    name: fullName,
    gender,
    email,
    mobile: phone,
    bornOn: today - (24 + index) * 365,
    profileRole,
    registeredAt: momentOf(today - 450 - index, 600 + index),
  };
}

function addEmployee(
  rows: Rows,
  roleIds: RoleIds,
  accounts: PersonaAccounts,
  name: PersonaName,
  index: number,
  { designation, level, approvalLimit, reportsTo, salary }: Employment,
): void {
  const account = accounts[name];
  const registered = formatMoment(account.registeredAt);
  rows.add('public.employees', {
    id: account.id,
    employee_code: `EMP${String(index + 1).padStart(4, '0')}`,
    name: account.name,
    email: account.email,
    mobile: account.mobile,
    department_id: roleIds.get(descriptions[name].role ?? '')?.departmentId ?? null,
    designation,
    hierarchy_level: level,
    reporting_manager_id: reportsTo === null ? null : accounts[reportsTo].id,
    can_approve_vendors: approvalLimit !== null,
    approval_limit: approvalLimit,
    joining_date: formatDay(Math.floor(account.registeredAt / 86_400)),
    employment_type: 'full_time',
    work_location: 'Mumbai',
    created_at: registered,
    updated_at: registered,
  });
  rows.add('public.employee_private_details', {
    employee_id: account.id,
    basic_salary: salary,
    created_at: registered,
    updated_at: registered,
  });
}

function of(name: string, gender: Gender, profileRole: string, role: string | null): Description {
  return { name, gender, profileRole, role };
}

function employed(
  designation: string,
  level: number,
  approvalLimit: number | null,
  reportsTo: PersonaName | null,
  salary: number,
): Employment {
  return { designation, level, approvalLimit, reportsTo, salary };
}
