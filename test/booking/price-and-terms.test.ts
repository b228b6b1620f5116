import {
  bothPackage,
  facial,
  localTime,
  type Market,
  massage,
  nearAddress,
  openMarket,
  type Row,
  steam,
  zone,
} from './market.ts';
import { makeSteps } from './steps.ts';

let market: Market;
const { freeHour } = makeSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

describe('the price and the terms', () => {
  it('are items and add-ons, ₹50 of service charge and 5 % GST on all of it', async () => {
    const booking = await market.book('customer', {
      startsAt: freeHour(),
      services: [massage, massage, facial],
      addons: [steam],
    });
    // 2 × 1000 by the catalogue, 600 by the vendor, 100 for steam.
    expect(booking).toMatchObject({
      total_amount: '2700.00',
      discount_amount: '0.00',
      service_charge: '50.00',
      tax_amount: '137.50',
      final_amount: '2887.50',
      duration_minutes: 165,
    });
    const { rows } = await market.owner.query(
      `select service_name, quantity, service_price, subtotal, jsonb_array_length(addon_services) as addons
      from booking_items where booking_id = $1 order by service_name`,
      [booking.id],
    );
    expect(rows).toEqual([
      {
        service_name: 'Facial',
        quantity: 1,
        service_price: '600.00',
        subtotal: '600.00',
        addons: 0,
      },
      {
        service_name: 'Massage',
        quantity: 2,
        service_price: '1000.00',
        subtotal: '2100.00',
        addons: 1,
      },
    ]);
  });

  it('are lower with a package, by what it saves', async () => {
    const booking = await market.book('customer', {
      startsAt: freeHour(),
      package: bothPackage,
      services: null,
    });
    expect(booking).toMatchObject({
      total_amount: '1700.00',
      discount_amount: '300.00',
      tax_amount: '72.50',
      final_amount: '1522.50',
      package_id: bothPackage,
      duration_minutes: 105,
    });
  });

  it('include the charge for coming home of pincode and zone', async () => {
    const { charge } = await market.one(
      `update pincode_master set delivery_charge = 20 where pincode = '411001'
      returning (serviceable('411001')).charge`,
    );
    const { charge: now } = await market.one(`select (serviceable('411001')).charge`);
    const booking = await market.book('customer', {
      startsAt: freeHour(),
      type: 'home_service',
      address: nearAddress,
    });
    expect(Number(booking.service_charge)).toBe(50 + Number(now));
    expect(Number(now)).toBeGreaterThanOrEqual(20);
    expect(charge).toBeDefined();
  });

  it('include GST of its date: 5 % from 2025-09-22, 18 % before', async () => {
    const { rows } = await market.owner.query(
      `select app_private.tax_percentage('gst', d)::float as percentage
      from unnest(array['2025-09-21', '2025-09-22', '2030-01-01']::date[]) d`,
    );
    expect(rows.map(({ percentage }) => percentage)).toEqual([18, 5, 5]);
  });

  it('are rounded half-up to the paisa, once', async () => {
    const { rows } = await market.owner.query(
      `select app_private.percent_of(a, p)::text as amount
      from (values (10.10, 5), (10.30, 5), (0.10, 5), (99.99, 15)) v (a, p)`,
    );
    expect(rows.map(({ amount }) => amount)).toEqual(['0.51', '0.52', '0.01', '15.00']);
  });

  it('are agreed at the booking: neither changes with the settings', async () => {
    const booking = await market.book('customer', { startsAt: freeHour() });
    await market.owner.query(
      `update system_settings set value = '48' where key = 'policy.cancel_free_hours'`,
    );
    await market.owner.query('update services set base_price = 5000 where id = $1', [massage]);
    expect(
      await market.one('select final_amount from bookings where id = $1', [booking.id]),
    ).toEqual({ final_amount: booking.final_amount });
    expect(
      await market.one('select * from booking_terms where booking_id = $1', [booking.id]),
    ).toMatchObject({
      gst_percentage: '5.00',
      reschedule_free_hours: 24,
      reschedule_fee: '200.00',
      reschedule_maximum: 2,
      cancel_free_hours: 4,
      late_cancel_fee_percentage: '50.00',
      no_show_grace_minutes: 15,
      no_show_dispute_hours: 24,
    });
    await market.owner.query(
      `update system_settings set value = '4' where key = 'policy.cancel_free_hours'`,
    );
    await market.owner.query('update services set base_price = 1000 where id = $1', [massage]);
  });

  it('the booking number is OBO, the day and four digits of one sequence', async () => {
    const first = await market.book('customer', { startsAt: freeHour() });
    const second = await market.book('customer', { startsAt: freeHour() });
    const { day } = await market.one(`select to_char(app_private.today(), 'YYYYMMDD') as day`);
    expect(first.booking_number).toMatch(new RegExp(`^OBO-${day}-\\d{4,}$`));
    const numberOf = (booking: Row) => Number(String(booking.booking_number).split('-')[2]);
    expect(numberOf(second)).toBeGreaterThan(numberOf(first));
  });

  it('a vendor without a time zone is in Asia/Kolkata', async () => {
    const { time_zone } = await market.one(
      `insert into vendors (business_name, address_line1, city, state, pincode)
      values ('New Spa', 'MG Road', 'Pune', 'Maharashtra', '411001') returning time_zone`,
    );
    expect(time_zone).toBe('Asia/Kolkata');
  });

  it('times are the vendor’s local time and an instant', async () => {
    const startsAt = freeHour();
    const booking = await market.book('customer', { startsAt });
    const { new_date, new_time } = localTime(startsAt);
    expect(
      await market.one(
        'select booking_date::text, booking_time::text, starts_at, time_zone from bookings where id = $1',
        [booking.id],
      ),
    ).toEqual({
      booking_date: new_date,
      booking_time: new_time,
      starts_at: startsAt,
      time_zone: zone,
    });
  });
});
