import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PersonaName } from '../../src/demo/personas.ts';
import { idOf, seedPeople } from '../fixtures/people.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { codeIn, startApi, type TestApi, tokenFor } from './support.ts';

const dashboard = `query ($code: String!) {
  departmentDashboard(code: $code) {
    title
    department { code }
    figures { nodes {
      code name unit source
      figure { value previousValue changePercentage target refreshedAt }
      series { day value }
    } }
    widgets { nodes { position width widget { widgetKey widgetType } kpi { code } } }
  }
}`;

const enter = `mutation ($day: Date!, $value: BigFloat!) {
  enterKpiValue(input: { kpiCode: "marketing_reach", day: $day, value: $value }) {
    result { value enteredAt enteredBy kpi { code } }
  }
}`;

describe('dashboards over GraphQL', () => {
  let database: TestDatabase;
  let api: TestApi;

  beforeAll(async () => {
    database = await createTestDatabase();
    await seedPeople(database.owner);
    await database.owner.query(
      `insert into department_user_assignments (user_id, department_id, assignment_type)
      select v.id, d.id, v.type from departments d,
        (values ($1::uuid, 'head'), ($2::uuid, 'viewer')) v (id, type) where d.code = 'MARKETING'`,
      [idOf('marketing'), idOf('nobody')],
    );
    await database.owner.query('select app_private.refresh_dashboards()');
    api = await startApi(database);
  });
  afterAll(async () => {
    await api?.close();
    await database?.drop();
  });

  const as = async (person: PersonaName, query: string, variables: Record<string, unknown>) =>
    api.graphql(query, { token: await tokenFor(idOf(person)), variables });

  test('a viewer reads a whole dashboard in one query', async () => {
    const { data, errors } = await as('nobody', dashboard, { code: 'MARKETING' });
    expect(errors).toBeUndefined();
    const { title, department, figures, widgets } = data.departmentDashboard;
    expect([title, department.code]).toEqual(['Marketing', 'MARKETING']);
    expect(figures.nodes.map(({ name }: { name: string }) => name)).toEqual([
      'Campaigns',
      'Leads',
      'Conversion',
      'Reach',
    ]);
    // Those who have signed up and work for no vendor and not for the platform.
    const { rows } = await database.owner.query<{ leads: string }>(
      `select count(*)::numeric(10, 2)::text as leads from user_profiles where role = 'customer'`,
    );
    expect(figures.nodes[1]).toMatchObject({
      unit: 'count',
      source: 'computed',
      figure: { value: rows[0]?.leads, refreshedAt: expect.any(String) },
    });
    expect(figures.nodes[1].series).toHaveLength(30);
    expect(widgets.nodes.slice(0, 5)).toMatchObject([
      { position: 1, widget: { widgetType: 'stat' }, kpi: { code: 'marketing_campaigns' } },
      { position: 2, kpi: { code: 'marketing_leads' } },
      { position: 3, kpi: { code: 'marketing_conversion' } },
      { position: 4, kpi: { code: 'marketing_reach' } },
      { position: 5, widget: { widgetType: 'chart' }, kpi: { code: 'marketing_campaigns' } },
    ]);
  });

  test('and no dashboard of another department', async () => {
    const other = await as('nobody', dashboard, { code: 'FINANCE' });
    expect([codeIn(other), other.data]).toEqual(['OB002', { departmentDashboard: null }]);
    const finance = await as('finance', dashboard, { code: 'FINANCE' });
    expect(finance.errors).toBeUndefined();
    const list = '{ kpiDefinitions(first: 100) { nodes { department { code } } } }';
    const seen = async (person: PersonaName) => {
      const { data } = await as(person, list, {});
      const codes = data.kpiDefinitions.nodes.map(
        (kpi: { department: { code: string } }) => kpi.department.code,
      );
      return [...new Set<string>(codes)];
    };
    expect(await seen('nobody')).toEqual(['MARKETING']);
    expect((await seen('admin')).length).toBe(18);
  });

  test('a head enters a figure, and a viewer is refused', async () => {
    const value = '1200';
    const day = new Date(Date.now() + 5.5 * 3_600_000).toISOString().slice(0, 10);
    expect(codeIn(await as('nobody', enter, { day, value }))).toBe('OB002');
    const { data, errors } = await as('marketing', enter, { day, value });
    expect(errors).toBeUndefined();
    expect(data.enterKpiValue.result).toMatchObject({
      value,
      enteredBy: idOf('marketing'),
      kpi: { code: 'marketing_reach' },
    });
    const { data: after } = await as('nobody', dashboard, { code: 'MARKETING' });
    expect(after.departmentDashboard.figures.nodes[3].figure.value).toBe(`${value}.00`);
  });
});
