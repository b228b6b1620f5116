import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { type Explainer, makeExplainer } from './explain.ts';
import { people, seedBookings } from './support.ts';

const ann = { sub: people.ann, role: 'authenticated' };

describe('the SQL of a query', () => {
  let database: TestDatabase;
  let explainer: Explainer;

  beforeAll(async () => {
    database = await createTestDatabase();
    // No one is told of them: that would take longer than all the rest.
    await database.owner.query('update notification_templates set is_active = false');
    await seedBookings(database.owner, 3_000);
    await database.owner.query('analyze bookings');
    explainer = await makeExplainer(database.apiUrl);
  });
  afterAll(async () => {
    await explainer?.close();
    await database?.drop();
  });

  test('bookings with vendor, items and services, three levels deep, are one statement', async () => {
    const { result, statements } = await explainer.explainGraphql(
      `{ bookings(first: 20, orderBy: CREATED_AT_DESC) { nodes {
        bookingNumber status
        vendor { businessName therapists(first: 5) { nodes { name } } }
        bookingItems { nodes { serviceName service { name category { name } } } }
      } } }`,
      ann,
    );
    expect(result.errors).toBeUndefined();
    expect(statements).toHaveLength(1);
    const { nodes } = statements[0] ?? { nodes: [] };
    const scans = nodes.filter((node) => node['Relation Name'] === 'bookings');
    expect(scans.length).toBeGreaterThan(0);
    expect(scans.map((node) => node['Node Type'])).not.toContain('Seq Scan');
  });

  test('the total count is a second statement beside the rows', async () => {
    const { statements } = await explainer.explainGraphql(
      '{ bookings { totalCount nodes { id } } }',
      ann,
    );
    expect(statements).toHaveLength(2);
  });
});
