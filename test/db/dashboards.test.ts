import type { PersonaName } from '../../src/demo/personas.ts';
import { claimsOf, idOf, type Person, seedPeople } from '../fixtures/people.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { firstRows } from './dashboards.data.ts';
import { beginPlay, type Play } from './play.ts';

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedPeople(database.owner);
});

afterAll(async () => {
  await database.drop();
});

beforeEach(async () => {
  play = await beginPlay(database);
});

afterEach(async () => {
  await play.end();
});

describe('the initial rows', () => {
  it.each(Object.entries(firstRows))('%s', async (code, names) => {
    const { rows } = await play.query<{ name: string; on_dashboard: string | null }>(
      `select k.name, (
          select w.widget_type from department_dashboard_items i
          join dashboard_widgets w on w.id = i.widget_id
          join department_dashboards b on b.id = i.dashboard_id and b.department_id = d.id
          where i.kpi_id = k.id and i.position = k.position
        ) as on_dashboard
      from kpi_definitions k join departments d on d.id = k.department_id
      where d.code = $1 order by k.position limit 4`,
      [code],
    );
    expect(rows).toEqual(names.map((name) => ({ name, on_dashboard: 'stat' })));
  });

  it('are there for every department, and no entered figure has a value that was not entered', async () => {
    await play.query('select app_private.refresh_dashboards()');
    const { rows: without } = await play.query(
      `select code from departments where id not in (select department_id from kpi_definitions)`,
    );
    expect(without).toEqual([]);
    const { rows } = await play.query<{ source: string; known: number; all: number }>(
      `select k.source, count(d.value)::integer as known, count(*)::integer as all
      from kpi_definitions k join dashboard_data d on d.kpi_id = k.id group by k.source order by 1`,
    );
    expect(rows).toEqual([
      { source: 'computed', known: expect.any(Number), all: expect.any(Number) },
      { source: 'entered', known: 0, all: expect.any(Number) },
    ]);
    expect(rows[0]?.known).toBeGreaterThan(20);
  });
});

describe('reading', () => {
  const readers: readonly [Person, string, string][] = [
    ['marketing', 'MARKETING', 'ok'],
    ['marketing', 'FINANCE', 'OB002'],
    ['finance', 'FINANCE', 'ok'],
    ['finance', 'ACCOUNTS', 'OB002'],
    ['finance', 'MARKETING', 'OB002'],
    ['customer_care_viewer', 'CUSTOMER_CARE', 'ok'],
    ['customer_care_viewer', 'HR', 'OB002'],
    ['admin', 'MARKETING', 'ok'],
    ['super_admin', 'LEGAL', 'ok'],
    ['director', 'FINANCE', 'ok'],
    ['vice_president', 'HR', 'ok'],
    ['manager', 'OPS', 'ok'],
    ['manager', 'FINANCE', 'OB002'],
    ['customer', 'MARKETING', 'OB002'],
    ['nobody', 'MARKETING', 'OB002'],
    ['visitor', 'MARKETING', '42501'],
    ['admin', 'NOWHERE', 'OB003'],
    ['finance', 'NOWHERE', 'OB002'],
  ];

  it.each(readers)('%s asks for the dashboard of %s: %s', async (person, code, ends) => {
    expect(await play.ends(claimsOf(person), 'select department_dashboard($1)', [code])).toBe(ends);
  });

  const tables = {
    kpi_definitions: 'select department_id from kpi_definitions',
    kpi_values:
      'select k.department_id from kpi_values v join kpi_definitions k on k.id = v.kpi_id',
    kpi_targets:
      'select k.department_id from kpi_targets t join kpi_definitions k on k.id = t.kpi_id',
    dashboard_data:
      'select k.department_id from dashboard_data v join kpi_definitions k on k.id = v.kpi_id',
    department_dashboards: 'select department_id from department_dashboards',
    department_dashboard_items:
      'select b.department_id from department_dashboard_items i join department_dashboards b on b.id = i.dashboard_id',
    department_modules: 'select department_id from department_modules',
    department_activity_logs: 'select department_id from department_activity_logs',
  };

  it.each(Object.entries(tables))('%s shows a member their department alone', async (_, sql) => {
    await play.query('update departments set budget_allocated = 100');
    await play.query('select app_private.refresh_dashboards()');
    await play.query(
      `insert into kpi_targets (kpi_id, valid_from, target)
      select id, app_private.today(), 1 from kpi_definitions`,
    );
    const counted = `select count(distinct department_id)::integer as departments from (${sql}) r`;
    const { rows: all } = await play.query(counted);
    expect(all[0].departments).toBeGreaterThan(10);
    const finance = 'select id from departments where code = $1';
    expect(
      await play.as(claimsOf('finance'), `select distinct r.department_id as id from (${sql}) r`),
    ).toEqual(await play.as(claimsOf('admin'), finance, ['FINANCE']));
    expect(await play.as(claimsOf('admin'), counted)).toEqual(all);
    expect(await play.as(claimsOf('field_officer'), counted)).not.toEqual(all);
  });

  it.each(['head', 'deputy', 'member', 'viewer'])('is for a %s while it lasts', async (type) => {
    const ask = () => play.ends(claimsOf('nobody'), `select department_dashboard('MARKETING')`);
    expect(await ask()).toBe('OB002');
    await assign('nobody', 'MARKETING', type);
    expect(await ask()).toBe('ok');
    for (const over of [
      `status = 'suspended'`,
      `status = 'inactive'`,
      `valid_from = now() - interval '2 days', valid_until = now() - interval '1 day'`,
      `valid_from = now() + interval '1 day'`,
    ]) {
      await play.query('savepoint before');
      await play.query(`update department_user_assignments set ${over}`);
      expect(await ask()).toBe('OB002');
      await play.query('rollback to savepoint before');
    }
    expect(await ask()).toBe('ok');
  });
});

describe('belonging to a department', () => {
  it('makes a user staff, until it ends', async () => {
    expect(await roleOf('nobody')).toBe('authenticated');
    await assign('nobody', 'LEGAL', 'viewer');
    expect(await roleOf('nobody')).toBe('staff');
    await play.query(`update department_user_assignments set status = 'suspended'`);
    expect(await roleOf('nobody')).toBe('authenticated');
  });
});

describe('entering figures', () => {
  const sql = (code: string, day: string, value: string) =>
    `select * from enter_kpi_value('${code}', (now() at time zone 'Asia/Kolkata')::date + ${day}, ${value})`;

  beforeEach(async () => {
    await assign('marketing', 'MARKETING', 'head');
    await assign('hr', 'MARKETING', 'deputy');
    await assign('nobody', 'MARKETING', 'viewer');
    await assign('manager', 'MARKETING', 'member');
  });

  it.each<[Person, string]>([
    ['marketing', 'ok'],
    ['hr', 'ok'],
    ['nobody', 'OB002'],
    ['manager', 'OB002'],
    ['finance', 'OB002'],
    ['admin', 'ok'],
    ['super_admin', 'ok'],
    ['customer', '42501'],
    ['visitor', '42501'],
  ])('%s: %s', async (person, ends) => {
    expect(await play.ends(claimsOf(person), sql('marketing_reach', '0', '100'))).toBe(ends);
    expect(await play.ends(claimsOf(person), `select set_kpi_target('marketing_reach', 500)`)).toBe(
      ends,
    );
  });

  it.each<[string, string, string, string, string]>([
    ['a figure that is computed', 'marketing_leads', '0', '5', 'OB050'],
    ['a day to come', 'marketing_reach', '1', '5', 'OB051'],
    ['less than 0', 'marketing_reach', '0', '-1', 'OB020'],
    ['no number', 'marketing_reach', '0', `'NaN'`, 'OB020'],
    ['nothing', 'marketing_reach', '0', 'null', 'OB020'],
    ['a figure of others', 'finance_utilisation', '0', '5', 'OB002'],
    ['a figure that is not there', 'marketing_fame', '0', '5', 'OB002'],
    ['an earlier day', 'marketing_reach', '-400', '5', 'ok'],
  ])('refuses %s', async (_, code, day, value, ends) => {
    expect(await play.ends(claimsOf('marketing'), sql(code, day, value))).toBe(ends);
  });

  it.each<[string, string, string]>([
    ['100', 'finance_utilisation', 'ok'],
    ['100.1', 'finance_utilisation', 'OB020'],
    ['5', 'hr_satisfaction', 'ok'],
    ['0', 'hr_satisfaction', 'OB020'],
  ])('%s as %s: %s', async (value, code, ends) => {
    await assign('finance', 'FINANCE', 'head');
    await assign('finance', 'HR', 'head');
    expect(await play.ends(claimsOf('finance'), sql(code, '0', value))).toBe(ends);
  });

  it('keeps author and time, shows the figure at once, and compares it', async () => {
    await play.as(claimsOf('marketing'), sql('marketing_reach', '-31', '80'));
    await play.as(claimsOf('hr'), sql('marketing_reach', '-1', '70'));
    await play.as(claimsOf('marketing'), sql('marketing_reach', '0', '30'));
    await play.as(claimsOf('marketing'), `select set_kpi_target('marketing_reach', 200)`);
    const { rows: values } = await play.query(
      `select entered_by, entered_at = now() as is_now from kpi_values v
      join kpi_definitions k on k.id = v.kpi_id where k.code = 'marketing_reach' order by day`,
    );
    expect(values).toEqual([
      { entered_by: idOf('marketing'), is_now: true },
      { entered_by: idOf('hr'), is_now: true },
      { entered_by: idOf('marketing'), is_now: true },
    ]);
    const figure = `select (f).value::float, (f).previous_value::float as before,
        (f).change_percentage::float as change, (f).target::float
      from (select kpi_definitions_figure(k) as f from kpi_definitions k where k.code = 'marketing_reach') k`;
    expect(await play.as(claimsOf('nobody'), figure)).toEqual([
      { value: 100, before: 80, change: 25, target: 200 },
    ]);
    const series = `select count(*)::integer as days, sum(s.value)::float as sum
      from kpi_definitions k, unnest(kpi_definitions_series(k)) s where k.code = 'marketing_reach'`;
    expect(await play.as(claimsOf('nobody'), series)).toEqual([{ days: 30, sum: 100 }]);
  });

  it('corrects a value, and says so in the audit and activity logs, the activity log without the value', async () => {
    await play.as(claimsOf('hr'), sql('marketing_reach', '0', '70'));
    await play.as(claimsOf('marketing'), sql('marketing_reach', '0', '77'));
    const { rows: audit } = await play.query(
      `select user_id, old_values ->> 'value' as before, new_values ->> 'value' as after
      from audit_logs where resource_type = 'kpi_values' order by action`,
    );
    expect(audit).toEqual([
      { user_id: idOf('hr'), before: null, after: '70' },
      { user_id: idOf('marketing'), before: '70', after: '77' },
    ]);
    const activity = await play.as(
      claimsOf('nobody'),
      `select action, module_key, metadata from department_activity_logs
      where resource_type = 'kpi_values' order by action`,
    );
    expect(activity).toEqual([
      { action: 'insert', module_key: 'figures', metadata: {} },
      {
        action: 'update',
        module_key: 'figures',
        metadata: { changed: ['entered_by', 'value'] },
      },
    ]);
  });

  it.each([
    'insert into kpi_values (kpi_id, day, value) select id, current_date, 1 from kpi_definitions',
    'update kpi_values set value = 1',
    'delete from kpi_values',
    'insert into kpi_targets (kpi_id, valid_from, target) select id, current_date, 1 from kpi_definitions',
    'update dashboard_data set value = 1',
    `insert into kpi_definitions (code, department_id, name, description, unit, source, aggregation, position)
      select 'x', id, 'x', 'x', 'count', 'entered', 'latest', 9 from departments limit 1`,
    `update kpi_definitions set aggregation = 'latest', period_days = null`,
    `insert into department_activity_logs (department_id, action) select id, 'x' from departments`,
    'select app_private.refresh_dashboards()',
  ])('is the only way: %s', async (sneak) => {
    expect(await play.ends(claimsOf('marketing'), sneak)).toBe('42501');
    await play.query(sneak);
  });
});

describe('arranging', () => {
  const module = `insert into department_modules (department_id, module_key, module_name)
    select id, 'news', 'News' from departments where code = 'MARKETING'`;
  const items = `update department_dashboard_items i set width = 4
    from department_dashboards b, departments d
    where b.id = i.dashboard_id and d.id = b.department_id and d.code = 'MARKETING' returning i.id`;

  it.each<[PersonaName, string, number]>([
    ['marketing', 'head', 10],
    ['nobody', 'deputy', 10],
    ['nobody', 'member', 0],
    ['nobody', 'viewer', 0],
  ])('%s as %s', async (person, type, changed) => {
    await assign(person, 'MARKETING', type);
    expect(await play.ends(claimsOf(person), module)).toBe(changed > 0 ? 'ok' : '42501');
    expect(await play.as(claimsOf(person), items)).toHaveLength(changed);
  });

  it('shows no figure of another department', async () => {
    await assign('marketing', 'MARKETING', 'head');
    const put = (
      code: string,
    ) => `insert into department_dashboard_items (dashboard_id, widget_id, kpi_id, position)
      select '${dashboardId}', '${widgetId}', '${kpiIds[code]}', 11`;
    const { rows } = await play.query(
      `select (select b.id from department_dashboards b join departments d on d.id = b.department_id
          where d.code = 'MARKETING') as dashboard,
        (select id from dashboard_widgets where widget_key = 'figure') as widget,
        (select jsonb_object_agg(code, id) from kpi_definitions) as kpis`,
    );
    const { dashboard: dashboardId, widget: widgetId, kpis: kpiIds } = rows[0];
    expect(await play.ends(claimsOf('marketing'), put('marketing_reach'))).toBe('ok');
    expect(await play.ends(claimsOf('marketing'), put('finance_revenue'))).toBe('OB020');
  });

  it('a user’s own view is visible to that user alone', async () => {
    await assign('marketing', 'MARKETING', 'member');
    const mine = (
      code: string,
    ) => `insert into department_widgets (department_id, widget_type, widget_key, title)
      select id, 'stat', 'marketing_reach', 'Reach' from departments where code = '${code}'`;
    expect(await play.ends(claimsOf('marketing'), mine('MARKETING'))).toBe('ok');
    expect(await play.ends(claimsOf('marketing'), mine('FINANCE'))).toBe('42501');
    const seen = 'select user_id from department_widgets';
    expect(await play.as(claimsOf('marketing'), seen)).toEqual([{ user_id: idOf('marketing') }]);
    expect(await play.as(claimsOf('super_admin'), seen)).toEqual([]);
  });
});

async function assign(person: PersonaName, code: string, type: string): Promise<void> {
  await play.query(
    `insert into department_user_assignments (user_id, department_id, assignment_type)
    select $1, id, $3 from departments where code = $2`,
    [idOf(person), code, type],
  );
}

async function roleOf(person: PersonaName): Promise<string> {
  const rows = await play.as<{ role: string }>(claimsOf(person), 'select current_user as role');
  return rows[0]?.role ?? '';
}
