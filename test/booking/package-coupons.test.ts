import { randomUUID } from 'node:crypto';
import { codeOf } from '../db/attempt.ts';
import {
  bothPackage,
  claimsFor,
  commissionRate,
  facial,
  facialPrice,
  idFor,
  type Market,
  massage,
  massagePrice,
  openMarket,
  packagePrice,
  type Row,
  steamPrice,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { earningsOf, percentOf, priceOf, rupees, sum } from '../fixtures/terms.ts';
import { makeSteps } from './steps.ts';

let market: Market;
const { freeHour, complete, balance } = makeSteps(() => market);

/** Of its services, the first with the add-on. */
const servicesPrice = sum(massagePrice, steamPrice, facialPrice);
/** What the services cost more than the package. */
const difference = sum(servicesPrice, -packagePrice);
/** What the platform bears of it in most tests. */
const borne = percentOf(difference, 60);
const budget = 10_000;

beforeAll(async () => {
  market = await openMarket();
  await market.liftLimits();
});

afterEach(async () => {
  expect(await market.imbalances()).toEqual([]);
  await market.owner.query('update service_packages set coupon_id = null where id = $1', [
    bothPackage,
  ]);
  await market.owner.query(
    'update vendor_services set custom_price = case service_id when $1 then $2::numeric end',
    [facial, facialPrice],
  );
});

afterAll(async () => {
  await market?.close();
});

let codes = 0;

const createCoupon = (more: object = {}, who: Who = 'marketing') => {
  codes += 1;
  return market.call(who, 'create_coupon', {
    code: `PACKAGE${codes}`,
    description: 'A part of a package',
    borne_by: 'platform',
    budget_amount: budget,
    uses_per_customer: 5,
    ...('percentage' in more ? {} : { amount: borne }),
    ...more,
  });
};

const writes = (who: Who, sql: string, values: readonly unknown[]) =>
  market.database
    .asUser(claimsFor(who), (client) => client.query(sql, [...values]), { commit: true })
    .then(() => 'ok', codeOf);

const give = (who: Who, couponId: unknown) =>
  writes(who, 'update service_packages set coupon_id = $2 where id = $1', [bothPackage, couponId]);

/** A package of which the platform bears a part. */
async function withCoupon(more: object = {}): Promise<Row> {
  const coupon = await createCoupon(more);
  expect(await give('marketing', coupon.id)).toBe('ok');
  return coupon;
}

const hold = (who: Who) => market.hold(who, { startsAt: freeHour(), package: bothPackage });
const holdEnds = (who: Who, more: object = {}) =>
  market.holdEnds(who, { startsAt: freeHour(), package: bothPackage, ...more });

const spentOf = async ({ id }: Row) =>
  (await market.one('select spent_amount::float as spent from coupons where id = $1', [id])).spent;

describe('a package of which the platform bears a part', () => {
  it('costs the customer its price: the vendor bears the rest, and earns as if it were paid that part', async () => {
    const coupon = await withCoupon();
    const who = await market.newCustomer();
    const before = await balance('coupons');
    const held = await hold(who);
    // The vendor's discount is spread over the two services, as any other.
    const discounts = (
      await market.one('select items from app_private.hold_agreements where hold_id = $1', [
        held.id,
      ])
    ).items as readonly { discount: number }[];
    const vendorBears = sum(difference, -borne);
    expect(sum(...discounts.map(({ discount }) => discount))).toBe(vendorBears);
    expect(held).toMatchObject({
      coupon_id: coupon.id,
      discount_amount: rupees(vendorBears),
      coupon_amount: rupees(borne),
      coupon_discount: rupees(borne),
    });
    const [quote] = (
      await market.owner.query(
        'select final_amount, coupon_amount from quote_booking($1, package_id => $2)',
        [vendor, bothPackage],
      )
    ).rows;
    expect(quote).toEqual({ final_amount: held.final_amount, coupon_amount: held.coupon_amount });
    const { id } = await market.confirm(who, held.id, { payment: 'cash' });
    expect(await market.one('select app_private.amount_due($1)::float as due', [id])).toEqual({
      due: sum(Number(held.final_amount), -borne),
    });
    await complete(id, sum(Number(held.final_amount), -borne));
    const base = sum(servicesPrice, -vendorBears);
    expect(
      await market.one(
        `select booking_amount::float as base, commission_amount::float as commission
        from commission_records where booking_id = $1`,
        [id],
      ),
    ).toEqual({ base, commission: earningsOf(base, commissionRate).commission });
    expect(await balance('coupons')).toBe(sum(before, -borne));
    expect(await spentOf(coupon)).toBe(borne);
  });

  it('costs the platform no more than its coupon says, whatever the vendor asks for the services', async () => {
    const coupon = await withCoupon();
    await market.owner.query(
      'update vendor_services set custom_price = 50000 where vendor_id = $1 and service_id = $2',
      [vendor, massage],
    );
    const who = await market.newCustomer();
    expect(await hold(who)).toMatchObject({ coupon_amount: rupees(borne) });
    await market.owner.query('update coupons set is_active = false where id = $1', [coupon.id]);
    // A percentage counts from the price of 30 days ago.
    await withCoupon({ percentage: 10 });
    expect(await hold(await market.newCustomer())).toMatchObject({
      coupon_amount: rupees(percentOf(servicesPrice, 10)),
    });
  });

  it('costs the platform no more than the difference', async () => {
    await withCoupon({ amount: difference + 100 });
    expect(await hold(await market.newCustomer())).toMatchObject({
      coupon_amount: rupees(difference),
      discount_amount: '0.00',
      final_amount: rupees(priceOf(sum(massagePrice, steamPrice), facialPrice)),
    });
    await market.owner.query('update vendor_services set custom_price = 1 where vendor_id = $1', [
      vendor,
    ]);
    expect(await hold(await market.newCustomer())).toMatchObject({
      coupon_id: null,
      coupon_amount: '0.00',
      discount_amount: '0.00',
    });
  });

  it('cannot be booked when the budget is spent, the coupon has ended or is not for this customer', async () => {
    const coupon = await withCoupon({ budget_amount: borne, uses_per_customer: 1 });
    const [first, second] = [await market.newCustomer(), await market.newCustomer()];
    const held = [await hold(first), await hold(second)];
    await market.confirm(first, held[0]?.id, { payment: 'cash' });
    expect(
      await market.ends(second, 'confirm_booking', {
        hold_id: held[1]?.id,
        payment_method: 'cash',
      }),
    ).toBe('OB030');
    expect(await holdEnds(second)).toBe('OB062');
    expect(
      await market.holdEnds(second, { startsAt: freeHour(), services: [massage, facial] }),
    ).toBe('ok');
    await market.call('marketing', 'update_coupon', {
      coupon_id: coupon.id,
      budget_amount: budget,
    });
    expect(await holdEnds(first)).toBe('OB062');
    expect(await holdEnds(second)).toBe('ok');
    await market.call('marketing', 'end_coupon', { coupon_id: coupon.id });
    expect(await holdEnds(second)).toBe('OB062');
    await give('marketing', null);
    expect(await holdEnds(await market.newCustomer())).toBe('ok');
  });

  it('takes no other code, and its coupon is no code for anything else', async () => {
    const coupon = await withCoupon();
    const other = await createCoupon();
    const who = await market.newCustomer();
    expect(await holdEnds(who, { coupon: other.code })).toBe('OB020');
    const services = { package: null, services: [massage] };
    expect(await holdEnds(who, { ...services, coupon: coupon.code })).toBe('OB003');
    expect(await holdEnds(who, { ...services, coupon: other.code })).toBe('ok');
  });

  it('is the vendor’s alone at the desk', async () => {
    const coupon = await withCoupon();
    const booking = await market.call('vendor', 'book_at_desk', {
      vendor_id: vendor,
      guest_name: 'Asha',
      starts_at: freeHour(),
      package_id: bothPackage,
      idempotency_key: randomUUID(),
    });
    expect(booking.discount_amount).toBe(rupees(difference));
    expect(await spentOf(coupon)).toBe(0);
  });

  it('gives the platform its part back when the booking is cancelled', async () => {
    const coupon = await withCoupon();
    const before = await balance('coupons');
    const who = await market.newCustomer();
    const { id } = await market.confirm(who, (await hold(who)).id, { payment: 'cash' });
    expect(await balance('coupons')).toBe(sum(before, -borne));
    await market.call(who, 'cancel_booking', { booking_id: id, reason: 'Rain' });
    expect(await balance('coupons')).toBe(before);
    expect(await spentOf(coupon)).toBe(0);
  });

  it('is not for people of the vendor’s own business', async () => {
    await withCoupon();
    await market.owner.query(
      `update user_profiles set date_of_birth = '1990-01-01' where id = $1`,
      [idFor('receptionist')],
    );
    expect(await holdEnds('receptionist')).toBe('OB062');
    await give('marketing', null);
    expect(await holdEnds('receptionist')).toBe('ok');
  });
});

describe('who lets the platform bear a part', () => {
  it('is who may create its coupons, and edits the catalogue', async () => {
    await market.owner.query(
      `insert into user_roles (user_id, role_id) select $1, id from roles where code = 'operations'`,
      [idFor('hr')],
    );
    const coupon = await createCoupon();
    expect(await give('hr', coupon.id)).toBe('OB002');
    expect(await give('vendor', coupon.id)).toBe('42501');
    expect(await give('marketing', coupon.id)).toBe('ok');
    // Who may not give it may not take it away, but writes the rest.
    expect(await give('hr', null)).toBe('OB002');
    expect(
      await writes('hr', `update service_packages set description = 'New' where id = $1`, [
        bothPackage,
      ]),
    ).toBe('ok');
  });

  it('with a coupon that the platform bears, and no other', async () => {
    codes += 1;
    const ofVendor = await market.call('vendor', 'create_coupon', {
      code: `PACKAGE${codes}`,
      description: 'For guests',
      borne_by: 'vendor',
      vendor_id: vendor,
      percentage: 10,
    });
    expect(await give('marketing', ofVendor.id)).toBe('OB020');
    expect(await give('marketing', randomUUID())).toBe('OB020');
    expect(await give('marketing', (await createCoupon()).id)).toBe('ok');
  });
});
