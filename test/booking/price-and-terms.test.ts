import {
  bothPackage,
  facial,
  facialPrice,
  localTime,
  type Market,
  massage,
  massagePrice,
  nearAddress,
  openMarket,
  packagePrice,
  type Row,
  steam,
  steamPrice,
  vendor,
  zone,
} from '../fixtures/market.ts';
import {
  chargeGst,
  earlierGst,
  gst,
  lateCancellationRate,
  limits,
  moveCharge,
  percent,
  percentOf,
  priceOf,
  rates,
  rupees,
  serviceCharge,
  sum,
} from '../fixtures/terms.ts';
import { makeSteps } from './steps.ts';

let market: Market;
const { freeHour } = makeSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
  await market.liftLimits();
});

afterAll(async () => {
  await market?.close();
});

describe('the price and the terms', () => {
  it('are items and add-ons, ₹50 of service charge and GST on each: 5 % of the vendor, 18 % of the platform on its charge', async () => {
    const booking = await market.book('customer', {
      startsAt: freeHour(),
      services: [massage, massage, facial],
      addons: [steam],
    });
    const total = sum(massagePrice, massagePrice, facialPrice, steamPrice);
    expect(booking).toMatchObject({
      total_amount: rupees(total),
      discount_amount: rupees(0),
      service_charge: rupees(serviceCharge),
      tax_amount: rupees(sum(gst(total), chargeGst())),
      charge_tax_amount: rupees(chargeGst()),
      final_amount: rupees(priceOf(total)),
      duration_minutes: 165,
    });
    const { rows } = await market.owner.query(
      `select service_name, quantity, service_price, subtotal, jsonb_array_length(addon_services) as addons,
        tax_percentage, tax_amount
      from booking_items where booking_id = $1 order by service_name`,
      [booking.id],
    );
    expect(rows).toEqual([
      {
        service_name: 'Facial',
        quantity: 1,
        service_price: rupees(facialPrice),
        subtotal: rupees(facialPrice),
        addons: 0,
        tax_percentage: percent(rates.gst),
        tax_amount: rupees(gst(facialPrice)),
      },
      {
        service_name: 'Massage',
        quantity: 2,
        service_price: rupees(massagePrice),
        subtotal: rupees(2 * massagePrice + steamPrice),
        addons: 1,
        tax_percentage: percent(rates.gst),
        tax_amount: rupees(gst(2 * massagePrice + steamPrice)),
      },
    ]);
  });

  it('are lower with a package, by what it saves', async () => {
    const booking = await market.book('customer', {
      startsAt: freeHour(),
      package: bothPackage,
      services: null,
    });
    const apart = sum(massagePrice, facialPrice, steamPrice);
    expect(booking).toMatchObject({
      total_amount: rupees(apart),
      discount_amount: rupees(apart - packagePrice),
      tax_amount: rupees(sum(gst(packagePrice), chargeGst())),
      final_amount: rupees(priceOf(packagePrice)),
      package_id: bothPackage,
      duration_minutes: 105,
    });
  });

  it('spread the discount of a package over its services, and tax what is left of each', async () => {
    const booking = await market.book('customer', {
      startsAt: freeHour(),
      package: bothPackage,
      services: null,
    });
    const apart = sum(massagePrice, steamPrice, facialPrice);
    const discount = sum(apart, -packagePrice);
    const ofMassage = Math.round(100 * discount * (sum(massagePrice, steamPrice) / apart)) / 100;
    const ofFacial = sum(discount, -ofMassage);
    const { rows } = await market.owner.query(
      `select service_name, discount_amount, tax_amount from booking_items where booking_id = $1 order by service_name`,
      [booking.id],
    );
    expect(rows).toEqual([
      {
        service_name: 'Facial',
        discount_amount: rupees(ofFacial),
        tax_amount: rupees(gst(sum(facialPrice, -ofFacial))),
      },
      {
        service_name: 'Massage',
        discount_amount: rupees(ofMassage),
        tax_amount: rupees(gst(sum(massagePrice, steamPrice, -ofMassage))),
      },
    ]);
  });

  it('have no GST of a vendor without GSTIN, and the platform’s on its charge all the same', async () => {
    const quote = () =>
      market.call('customer', 'quote_booking', { vendor_id: vendor, service_ids: [massage] });
    const setGstin = (gstin: string | null) =>
      market.owner.query('update vendor_private_details set gst_number = $2 where vendor_id = $1', [
        vendor,
        gstin,
      ]);
    const { rows } = await market.owner.query(
      'select gst_number from vendor_private_details where vendor_id = $1',
      [vendor],
    );
    expect(await quote()).toMatchObject({
      tax_percentage: percent(rates.gst),
      charge_tax_percentage: percent(rates.chargeGst),
      tax_amount: rupees(sum(gst(massagePrice), chargeGst())),
      final_amount: rupees(priceOf(massagePrice)),
    });
    await setGstin(null);
    const without = sum(massagePrice, serviceCharge, chargeGst());
    expect(await quote()).toMatchObject({
      tax_percentage: percent(0),
      charge_tax_amount: rupees(chargeGst()),
      tax_amount: rupees(chargeGst()),
      final_amount: rupees(without),
    });
    // A booking keeps what was agreed: the GSTIN comes later.
    const { id, final_amount } = await market.book('customer', { startsAt: freeHour() });
    expect(final_amount).toBe(rupees(without));
    await setGstin(String(rows[0]?.gst_number));
    expect(
      await market.one('select gst_percentage from booking_terms where booking_id = $1', [id]),
    ).toEqual({ gst_percentage: percent(0) });
  });

  it('include the charge for coming home of pincode and zone', async () => {
    const ofPincode = 20;
    const { charge } = await market.one(
      `update pincode_master set delivery_charge = $1 where pincode = '411001'
      returning (serviceable('411001')).charge`,
      [ofPincode],
    );
    const { charge: now } = await market.one(`select (serviceable('411001')).charge`);
    const booking = await market.book('customer', {
      startsAt: freeHour(),
      type: 'home_service',
      address: nearAddress,
    });
    expect(Number(booking.service_charge)).toBe(serviceCharge + Number(now));
    expect(Number(now)).toBeGreaterThanOrEqual(ofPincode);
    expect(booking.charge_tax_amount).toBe(rupees(chargeGst(sum(serviceCharge, Number(now)))));
    expect(charge).toBeDefined();
  });

  it('include GST of its date: 5 % from 2025-09-22, 18 % before', async () => {
    const { rows } = await market.owner.query(
      `select app_private.tax_percentage('gst', d)::float as percentage
      from unnest(array['2025-09-21', '2025-09-22', '2030-01-01']::date[]) d`,
    );
    expect(rows.map(({ percentage }) => percentage)).toEqual([
      earlierGst.rate,
      rates.gst,
      rates.gst,
    ]);
  });

  it('are rounded half-up to the paisa, once', async () => {
    // 0.505, 0.515, 0.005 and 14.9985: these say also that the terms of the tests round so.
    const cases = [
      [10.1, 5, '0.51'],
      [10.3, 5, '0.52'],
      [0.1, 5, '0.01'],
      [99.99, 15, '15.00'],
    ] as const;
    for (const [amount, rate, share] of cases) {
      expect(
        await market.one('select app_private.percent_of($1, $2)::text as share', [amount, rate]),
      ).toEqual({ share });
      expect(rupees(percentOf(amount, rate))).toBe(share);
    }
  });

  it('are agreed at the booking: neither changes with the settings', async () => {
    const booking = await market.book('customer', { startsAt: freeHour() });
    await market.owner.query(
      `update system_settings set value = '48' where key = 'policy.cancel_free_hours'`,
    );
    await market.owner.query('update services set base_price = $2 where id = $1', [
      massage,
      5 * massagePrice,
    ]);
    expect(
      await market.one('select final_amount from bookings where id = $1', [booking.id]),
    ).toEqual({ final_amount: booking.final_amount });
    expect(
      await market.one('select * from booking_terms where booking_id = $1', [booking.id]),
    ).toMatchObject({
      gst_percentage: percent(rates.gst),
      charge_gst_percentage: percent(rates.chargeGst),
      reschedule_free_hours: limits.freeMoveHours,
      reschedule_fee: rupees(moveCharge),
      reschedule_maximum: limits.moves,
      cancel_free_hours: limits.freeCancellationHours,
      late_cancel_fee_percentage: percent(lateCancellationRate),
      no_show_grace_minutes: limits.noShowMinutes,
      no_show_dispute_hours: limits.disputeHours,
    });
    await market.owner.query(
      `update system_settings set value = '4' where key = 'policy.cancel_free_hours'`,
    );
    await market.owner.query('update services set base_price = $2 where id = $1', [
      massage,
      massagePrice,
    ]);
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
