import { worldIds } from '../../fixtures/two-worlds.ts';
import {
  admins,
  type InsertTrial,
  type Label,
  type RowRights,
  staff,
  type TableRights,
} from './rights.ts';

/** Departments that have one among the personas who may not read all dashboards. */
const departments = [
  'FO',
  'OPS',
  'CUSTOMER_CARE',
  'FINANCE',
  'HR',
  'MARKETING',
] as const satisfies readonly Label[];

/** Whose row it is, told by the id of the department, or by a row that leads to it. */
function departmentOf(join: string): string {
  return `(select case when d.code in ('${departments.join("','")}') then d.code else 'elsewhere' end
    from departments d ${join})`;
}

const byDepartment = departmentOf('where d.id = department_id');
const byKpi = departmentOf('join kpi_definitions k on k.department_id = d.id where k.id = kpi_id');
const byDashboard = departmentOf(
  'join department_dashboards b on b.department_id = d.id where b.id = dashboard_id',
);

/** Holders of dashboards.read. */
const readers = ['director', 'vice_president', ...admins] as const;

/** Holders of a role of the department and its members, whatever their part. */
const reads = {
  FO: ['field_officer', ...readers],
  OPS: ['manager', ...readers],
  CUSTOMER_CARE: ['customer_care', 'customer_care_head', 'customer_care_viewer', ...readers],
  FINANCE: ['finance', 'hr', ...readers],
  HR: ['hr', ...readers],
  MARKETING: ['marketing', ...readers],
  elsewhere: readers,
} as const satisfies RowRights;

/** Heads, deputies, and holders of departments.update. */
const configures = {
  FO: admins,
  OPS: admins,
  CUSTOMER_CARE: ['customer_care_head', ...admins],
  FINANCE: ['finance', ...admins],
  HR: admins,
  MARKETING: admins,
  elsewhere: admins,
} as const satisfies RowRights;

/** The same insert for two departments; `$code` stands for the department. */
function inBothDepartments(sql: string, rights: RowRights): InsertTrial[] {
  return (['CUSTOMER_CARE', 'FINANCE'] as const).map((code) => ({
    sql: sql.replaceAll('$code', `'${code}'`),
    ends: { ok: rights[code] ?? [] },
  }));
}

const module = `module_key module_name description icon display_order is_enabled parent_module_id
  required_permissions settings`;
const item = 'widget_id kpi_id position width title configuration is_visible';
const widget = 'widget_type title configuration position is_visible display_order';

/** Who has a view of their own. */
const arrangers = ['customer_care_head', 'finance', 'hr'] as const;

export const departmentRights: Readonly<Record<string, TableRights>> = {
  department_user_assignments: {
    sees: {
      customer_care_head: reads.CUSTOMER_CARE,
      finance: reads.FINANCE,
      hr: reads.FINANCE,
      nobody: ['nobody', ...reads.MARKETING],
    },
    updates: { self: arrangers },
    updateColumns: { staff: 'is_primary' },
  },
  department_activity_logs: { labelledBy: byDepartment, sees: reads },
  department_modules: {
    labelledBy: byDepartment,
    sees: reads,
    updates: configures,
    deletes: configures,
    inserts: inBothDepartments(
      `insert into department_modules (department_id, module_key, module_name)
        select id, 'new', 'New' from departments where code = $code`,
      configures,
    ),
    insertColumns: { staff: `department_id ${module}` },
    updateColumns: { staff: module },
  },
  kpi_definitions: {
    labelledBy: byDepartment,
    sees: reads,
    updates: configures,
    inserts: (['entered', 'computed'] as const).flatMap((source) =>
      inBothDepartments(
        `insert into kpi_definitions (code, department_id, name, description, unit, source, aggregation, position)
          select 'new', id, 'New', 'Something new', 'count', '${source}', 'latest', 9
          from departments where code = $code`,
        source === 'entered' ? configures : {},
      ),
    ),
    insertColumns: {
      staff: `code department_id name description unit source aggregation period_days higher_is_better
        position is_active`,
    },
    updateColumns: { staff: 'name description higher_is_better position is_active' },
  },
  kpi_values: { labelledBy: byKpi, sees: reads },
  kpi_targets: { labelledBy: byKpi, sees: reads },
  dashboard_data: { labelledBy: byKpi, sees: reads },
  dashboard_widgets: {
    sees: { shared: staff },
    updates: { shared: admins },
    updateColumns: { staff: 'title description configuration' },
  },
  department_dashboards: {
    labelledBy: byDepartment,
    sees: reads,
    updates: configures,
    updateColumns: { staff: 'title description is_active' },
  },
  department_dashboard_items: {
    labelledBy: byDashboard,
    sees: reads,
    updates: configures,
    deletes: configures,
    // The dashboards of these two departments have the ids of the worlds.
    inserts: [
      [worldIds.one, configures.CUSTOMER_CARE] as const,
      [worldIds.two, configures.FINANCE] as const,
    ].map(([id, who]) => ({
      sql: `insert into department_dashboard_items (dashboard_id, widget_id, position)
        select '${id}', id, 99 from dashboard_widgets where widget_key = 'team'`,
      ends: { ok: who },
    })),
    insertColumns: { staff: `dashboard_id ${item}` },
    updateColumns: { staff: item },
  },
  department_widgets: {
    sees: { self: arrangers },
    updates: { self: arrangers },
    deletes: { self: arrangers },
    inserts: inBothDepartments(
      `insert into department_widgets (department_id, widget_type, widget_key, title)
        select id, 'stat', 'new', 'New' from departments where code = $code`,
      reads,
    ),
    insertColumns: { staff: `department_id widget_key ${widget}` },
    updateColumns: { staff: widget },
  },
};
