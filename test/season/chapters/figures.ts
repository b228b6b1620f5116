import type { Data } from '../person.ts';
import type { Season } from '../season.ts';
import { until } from '../until.ts';

/** The figures of the dashboards, counted again from what the season itself has seen. */
export function figuresChapter(season: Season): void {
  const { tally } = season;
  const figures = new Map<string, number | null>();
  const sum = (amounts: Iterable<number>) =>
    Math.round([...amounts].reduce((whole, amount) => whole + amount, 0) * 100) / 100;
  const average = (values: readonly number[]) => sum(values) / values.length;

  describe('the figures of the departments', () => {
    let statuses: readonly string[];
    let people: number;

    it('are read by an administrator', async () => {
      const { admin, operations, hr } = season.who;
      const { clock } = season.market;
      clock.advanceTo(new Date(clock.now().getTime() + 2 * 60_000));
      const read = async () => {
        const { kpiDefinitions } = await admin.query(
          '{ kpiDefinitions(first: 100) { nodes { code source figure { value refreshedAt } } } }',
        );
        return kpiDefinitions.nodes.filter(({ source }: Data) => source === 'computed');
      };
      await until('the refresh', async () =>
        (await read()).every(
          ({ figure }: Data) =>
            figure !== null && Date.parse(figure.refreshedAt) > clock.now().getTime() - 60_000,
        ),
      );
      for (const { code, figure } of await read()) {
        figures.set(code, figure.value === null ? null : Number(figure.value));
      }
      const { bookings } = await operations.query(
        `{ bookings(first: 100, filter: { bookingDate: { lessThanOrEqualTo: "${season.day(15)}" } }) {
          nodes { status } } }`,
      );
      statuses = bookings.nodes.map(({ status }: Data) => status);
      const { employees } = await hr.query('{ employees { totalCount } }');
      people = employees.totalCount;
    });

    it('are what has happened', () => {
      const count = (...wanted: readonly string[]) =>
        statuses.filter((status) => wanted.includes(status)).length;
      const completed = count('completed');
      const ended = count('completed', 'cancelled');
      const customers = new Set(tally.bookings.map(({ by }) => by.mobile)).size;
      const revenue = sum(tally.commissions.values());
      // Those of the future are open, too.
      const made = tally.bookings.length + tally.atDesk.length;
      const open = made - ended;
      const expected = {
        finance_budget: 100_000,
        corporate_budget: 100_000,
        finance_revenue: revenue,
        accounts_revenue: revenue,
        accounts_pending_invoices: 0,
        hr_employees: people,
        staff_active: people,
        staff_on_duty: people,
        ho_staff: people,
        corporate_staff: people,
        hr_attendance: 100,
        staff_on_leave: 0,
        it_open_tickets: 0,
        customer_care_open_tickets: 0,
        admin_open_tickets: 0,
        customer_care_average_response: 2,
        customer_care_resolved_today: 0,
        customer_care_satisfaction: 4,
        fo_active_bookings: open,
        ops_active_bookings: open,
        fo_satisfaction: average([...tally.vendorStars, ...tally.otherStars]),
        ops_satisfaction: average([...tally.vendorStars, ...tally.otherStars]),
        vendor_list_performance: average(tally.vendorStars),
        fo_efficiency: Math.round((10_000 * completed) / ended) / 100,
        ops_efficiency: Math.round((10_000 * completed) / ended) / 100,
        ops_bookings: made,
        vendor_list_total_vendors: 2,
        vendor_list_active: 2,
        vendor_list_pending_approval: 1,
        admin_pending_approval: 1,
        customer_data_active: customers,
        customer_data_segments: 1,
        directors_members: 1,
        corporate_locations: 1,
      };
      const shown = Object.fromEntries(
        Object.keys(expected).map((code) => [code, figures.get(code)]),
      );
      expect(shown).toEqual({
        ...expected,
        customer_care_average_response: expect.closeTo(2, 1),
      });
    });

    it('say of each month what providers have completed', async () => {
      const { owner } = season.who;
      const performances = await owner.query(
        `{ therapistPerformances { nodes { month completedAssignments } }
          beauticianPerformances { nodes { month completedAssignments } } }`,
      );
      const months: readonly Data[] = [
        ...performances.therapistPerformances.nodes,
        ...performances.beauticianPerformances.nodes,
      ];
      expect(sum(months.map(({ completedAssignments }) => completedAssignments))).toBe(
        tally.commissions.size,
      );
      // Nothing is said of months before the first or after this one.
      const [first, last] = [season.day(1), season.day(15)].map((day) => `${day.slice(0, 7)}-01`);
      expect(months.filter(({ month }) => month !== first && month !== last)).toEqual([]);
    });

    it('count the money that came to the platform, and not the cash of vendors', () => {
      const { taken, returned } = season.market.gateway.books;
      const left = [...tally.paidOut, ...tally.withdrawn];
      const flow = sum([taken, -returned, ...left.map((amount) => -amount)]);
      expect({
        payments: figures.get('accounts_payments'),
        flow: figures.get('finance_cash_flow'),
        balance: figures.get('accounts_balance'),
      }).toEqual({ payments: sum([taken]), flow, balance: flow });
    });

    it('know that all who have booked have a name, a date of birth and a verified number', () => {
      expect(figures.get('customer_data_data_quality')).toBe(100);
    });

    it('count as customers those who have booked', () => {
      const customers = new Set(tally.bookings.map(({ by }) => by.mobile)).size;
      expect(figures.get('customer_data_total_customers')).toBe(customers);
    });
  });
}
