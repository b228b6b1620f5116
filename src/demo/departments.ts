import type pg from 'pg';
import type { Account } from './accounts.ts';
import { type Day, formatDay, formatMoment, momentOf } from './calendar.ts';
import type { Rows } from './copy.ts';
import { type Defaults, known } from './defaults.ts';
import { budgets, entries, targets } from './key-figures.ts';
import type { PersonaAccounts } from './people.ts';
import type { PersonaName } from './personas.ts';
import { Random } from './random.ts';

type Membership = readonly [
  PersonaName,
  department: string,
  'head' | 'deputy' | 'member' | 'viewer',
];

/** The first of a person's is the primary one. */
const memberships: readonly Membership[] = [
  ['customer_care_head', 'CUSTOMER_CARE', 'head'],
  ['customer_care', 'CUSTOMER_CARE', 'member'],
  ['customer_care_viewer', 'CUSTOMER_CARE', 'viewer'],
  ['finance', 'FINANCE', 'head'],
  ['hr', 'HR', 'head'],
  ['marketing', 'MARKETING', 'head'],
  ['manager', 'OPS', 'head'],
  ['field_officer', 'FO', 'member'],
  ['director', 'DIRECTORS', 'head'],
  ['vice_president', 'HO', 'head'],
  ['vice_president', 'DIRECTORS', 'member'],
  ['admin', 'ADMIN', 'head'],
  ['super_admin', 'ADMIN', 'member'],
  // Stands in where there is no other head.
  ...['ACCOUNTS', 'IT', 'LEGAL', 'STAFF', 'FO', 'ADVOCATE', 'CA_CS', 'CORPORATE'].map(
    (department) => ['vice_president', department, 'deputy'] as const,
  ),
];

/** For so long figures have been entered: a period and the one before it. */
const daysOfFigures = 84;

/** Adds who belongs to which department, and what its head or deputy entered. */
export function addDepartments(
  rows: Rows,
  defaults: Defaults,
  accounts: PersonaAccounts,
  today: Day,
): void {
  const random = new Random('departments');
  const leaders = new Map<string, Account>();
  const seen = new Set<PersonaName>();
  for (const [name, department, type] of memberships) {
    const account = accounts[name];
    if (type === 'head' || type === 'deputy') {
      leaders.set(department, account);
    }
    const made = formatMoment(momentOf(today - 400, 600));
    rows.add('public.department_user_assignments', {
      id: random.uuid(),
      user_id: account.id,
      department_id: known(defaults.departmentIds, department),
      assignment_type: type,
      is_primary: !seen.has(name),
      // No user assigns themselves.
      assigned_by: (name === 'admin' ? accounts.super_admin : accounts.admin).id,
      assigned_at: made,
      valid_from: made,
      created_at: made,
      updated_at: made,
    });
    seen.add(name);
  }
  for (const [code, target] of Object.entries(targets)) {
    const { id, department } = known(defaults.keyFigures, code);
    rows.add('public.kpi_targets', {
      kpi_id: id,
      valid_from: formatDay(today - daysOfFigures),
      target,
      set_by: known(leaders, department).id,
      set_at: formatMoment(momentOf(today - daysOfFigures, 600)),
    });
  }
  for (const [code, { least, most, decimals, everyDays }] of Object.entries(entries)) {
    const { id, department } = known(defaults.keyFigures, code);
    const scale = 10 ** decimals;
    for (let day = today - daysOfFigures; day < today; day += everyDays) {
      rows.add('public.kpi_values', {
        kpi_id: id,
        day: formatDay(day),
        value: (random.int(least * scale, most * scale) / scale).toFixed(decimals),
        entered_by: known(leaders, department).id,
        entered_at: formatMoment(momentOf(day, random.int(1080, 1200))),
      });
    }
  }
}

/** Gives the departments, which come with the migrations, something to spend. */
export async function addBudgets(client: pg.ClientBase): Promise<void> {
  await client.query(
    `update public.departments d set budget_allocated = b.rupees
    from unnest($1::text[], $2::numeric[]) b (code, rupees)
    where b.code = d.code`,
    [Object.keys(budgets), Object.values(budgets)],
  );
}
