import { idFor, type Market, openMarket, therapist, vendor, type Who } from '../fixtures/market.ts';
import { codeIn, startApi, type TestApi, tokenFor } from './support.ts';

const addHours = `mutation ($input: VendorAvailabilityInput!) {
  createVendorAvailability(input: { vendorAvailability: $input }) {
    vendorAvailability { id openTime closeTime breakEnd }
  }
}`;

const changeHours = `mutation ($id: UUID!, $patch: VendorAvailabilityPatch!) {
  updateVendorAvailability(input: { id: $id, patch: $patch }) { vendorAvailability { closeTime breakEnd } }
}`;

const addSchedule = `mutation ($input: TherapistScheduleInput!) {
  createTherapistSchedule(input: { therapistSchedule: $input }) { therapistSchedule { startTime endTime } }
}`;

describe('shifts over GraphQL', () => {
  let market: Market;
  let api: TestApi;

  beforeAll(async () => {
    market = await openMarket();
    await market.owner.query('delete from vendor_availability; delete from therapist_schedules');
    api = await startApi(market.database);
  });
  afterAll(async () => {
    await api?.close();
    await market?.close();
  });

  const as = async (who: Who, query: string, variables: Record<string, unknown>) =>
    api.graphql(query, { token: await tokenFor(idFor(who)), variables });
  const open = (dayOfWeek: number, openTime: string, closeTime: string, more = {}) =>
    as('vendor', addHours, {
      input: { vendorId: vendor, dayOfWeek, openTime, closeTime, ...more },
    });

  test('24:00 is read as it was written, and can be written again', async () => {
    const made = await open(1, '10:00', '24:00', { breakStart: '23:00', breakEnd: '24:00' });
    expect(made.errors).toBeUndefined();
    const row = made.data.createVendorAvailability.vendorAvailability;
    expect(row).toMatchObject({ openTime: '10:00:00.000000', closeTime: '24:00:00.000000' });
    const { data, errors } = await as('vendor', changeHours, {
      id: row.id,
      patch: { closeTime: row.closeTime, breakEnd: row.breakEnd },
    });
    expect(errors).toBeUndefined();
    expect(data.updateVendorAvailability.vendorAvailability).toEqual({
      closeTime: '24:00:00.000000',
      breakEnd: '24:00:00.000000',
    });
    const listed = await api.graphql(
      'query ($of: UUID!) { vendor(id: $of) { vendorAvailabilities { nodes { closeTime } } } }',
      { variables: { of: vendor } },
    );
    expect(listed.data.vendor.vendorAvailabilities.nodes).toEqual([
      { closeTime: '24:00:00.000000' },
    ]);
    const found = await api.graphql(
      `{ vendorAvailabilities(filter: { openTime: { equalTo: "10:00" } }) { totalCount } }`,
    );
    expect(found.data.vendorAvailabilities.totalCount).toBe(1);
  });

  test('a vendor opens twice a day and into the night', async () => {
    expect((await open(2, '10:00', '14:00')).errors).toBeUndefined();
    expect((await open(2, '18:00', '02:00')).errors).toBeUndefined();
    const overlap = await open(3, '01:00', '08:00');
    expect(codeIn(overlap)).toBe('23P01');
    expect(overlap.errors?.[0]?.message).toBe(
      'The opening hours overlap others of the vendor. Change those, or choose other times.',
    );
    const nothing = await open(3, '08:00', '08:00');
    expect(codeIn(nothing)).toBe('23514');
    expect(nothing.errors?.[0]?.message).toContain('A whole day is from 00:00 to 24:00.');
  });

  test('a therapist works shifts likewise', async () => {
    const work = (dayOfWeek: number, startTime: string, endTime: string) =>
      as('therapist', addSchedule, {
        input: { therapistId: therapist, dayOfWeek, startTime, endTime },
      });
    expect(
      (await work(2, '18:00', '24:00')).data.createTherapistSchedule.therapistSchedule,
    ).toEqual({ startTime: '18:00:00.000000', endTime: '24:00:00.000000' });
    expect((await work(2, '08:00', '12:00')).errors).toBeUndefined();
    expect((await work(6, '22:00', '06:00')).errors).toBeUndefined();
    const overlap = await work(0, '05:00', '08:00');
    expect(codeIn(overlap)).toBe('23P01');
  });
});
