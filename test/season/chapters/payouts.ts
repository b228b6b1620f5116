import type { Season } from '../season.ts';
import { until } from '../until.ts';

/** On Monday the week is paid out, unless the vendor is suspended. */
export function payoutsChapter(season: Season): void {
  const { facts, tally } = season;

  describe('the vendor is paid', () => {
    it('not while the platform has suspended it; visitors then find nothing of it', async () => {
      const { owner, vendorRelations, admin } = season.who;
      const { vendorId } = facts;
      const suspend = { vendorId, reason: 'A complaint' };
      expect(await owner.refusedAct('suspendVendor', suspend)).toBe('42501');
      await vendorRelations.prove('suspendVendor', suspend, {
        result: { status: 'suspended', isListed: false, takesBookings: false },
      });
      expect(await owner.refusedAct('resumeVendor', { vendorId })).toBe('OB002');
      const found = await season.market.visitor('query ($id: UUID!) { vendor(id: $id) { id } }', {
        id: vendorId,
      });
      expect(found.vendor).toBeNull();
      season.market.clock.advanceTo(season.at(8, '10:00'));
      // Payouts are made by the clock; twice the clock has been round, and has found nothing to pay.
      for (const time of ['10:02', '10:04']) {
        await until('a refresh by the clock', async () => {
          const { kpiDefinitionByCode } = await admin.query(
            '{ kpiDefinitionByCode(code: "ops_bookings") { figure { refreshedAt } } }',
          );
          const { refreshedAt } = kpiDefinitionByCode.figure;
          return Date.parse(refreshedAt) >= season.market.clock.now().getTime() - 60_000;
        });
        season.market.clock.advanceTo(season.at(8, time));
      }
      await admin.prove(
        'reinstateVendor',
        { vendorId },
        { result: { status: 'active', isListed: true } },
      );
    });

    it('finance runs the payouts of the week, fails one, and records that the bank has paid it', async () => {
      const { accounts, finance, owner, accountant } = season.who;
      const weekStart = season.day(1);
      expect(await accounts.refusedAct('runPayouts', { weekStart })).toBe('OB002');
      const { result } = await finance.act(
        'runPayouts',
        { weekStart },
        '{ result { id netAmount payoutStatus } }',
      );
      expect(result).toMatchObject([{ payoutStatus: 'pending' }]);
      season.market.coverage.note('runPayouts');
      const [{ id: payoutId, netAmount }] = result;
      const payouts = '{ vendorPayouts { nodes { netAmount } } }';
      for (const reader of [owner, accountant]) {
        expect((await reader.query(payouts)).vendorPayouts.nodes).toEqual([{ netAmount }]);
      }
      await finance.prove(
        'failPayout',
        { payoutId, reason: 'The account was closed.' },
        { result: { payoutStatus: 'failed' } },
      );
      await finance.prove(
        'completePayout',
        { payoutId, reference: 'NEFT 0815' },
        { result: { payoutStatus: 'completed', paymentReference: 'NEFT 0815' } },
      );
      tally.paidOut.push(Number(netAmount));
    });

    it('finance sets another commission from next month on; owner and accountant read the account', async () => {
      const { owner, accountant, finance, stranger } = season.who;
      const { vendorId } = facts;
      const rate = {
        vendorId,
        percentage: '14.00',
        validFrom: season.day(30),
        reason: 'A year together',
      };
      expect(await owner.refusedAct('setCommissionRate', rate)).toBe('42501');
      await finance.prove('setCommissionRate', rate, {
        result: { percentage: '14.00', validFrom: season.day(30) },
      });
      const statement = `{ vendorStatement(vendorId: "${vendorId}", fromDay: "${season.day(0)}", toDay: "${season.day(8)}") {
        openingBalance closingBalance lines { amount balance description bookingNumber } } }`;
      const { vendorStatement } = await owner.query(statement);
      const lines = vendorStatement.lines as {
        amount: string;
        balance: string;
        description: string;
      }[];
      const paidOut = lines.find(
        ({ description }) => description === 'Payout to your bank account',
      );
      expect(Number(paidOut?.amount)).toBe(-Number(tally.paidOut.at(-1)));
      expect(vendorStatement.closingBalance).toBe(lines.at(-1)?.balance);
      expect((await accountant.query(statement)).vendorStatement).toEqual(vendorStatement);
      expect(await stranger.outcome(statement)).toBe('OB003');
    });

    it('what is left is the commission of cash of Sunday: the vendor pays it, and finance records it', async () => {
      const { owner, accounts, finance } = season.who;
      const { vendorId } = facts;
      const closing = async () => {
        const { vendorStatement } = await finance.query(
          `{ vendorStatement(vendorId: "${vendorId}", fromDay: "${season.day(8)}", toDay: "${season.day(8)}") { closingBalance } }`,
        );
        return Number(vendorStatement.closingBalance);
      };
      const owed = -(await closing());
      expect(owed).toBeGreaterThan(0);
      const payment = {
        vendorId,
        amount: owed.toFixed(2),
        reference: 'NEFT 0816',
        idempotencyKey: 'a payment of the vendor',
      };
      expect(await owner.refusedAct('recordVendorPayment', payment)).toBe('42501');
      expect(await accounts.refusedAct('recordVendorPayment', payment)).toBe('OB002');
      await finance.prove('recordVendorPayment', payment, {
        result: { kind: 'payment', amount: payment.amount, reference: payment.reference },
      });
      expect(await closing()).toBe(0);
      tally.paidOut.push(-owed);
    });

    it('the owner pauses the shop, and visitors find it and no slot', async () => {
      const { admin, owner } = season.who;
      const { massageId, vendorId } = facts;
      const slot = async () =>
        (
          await season.market.visitor(
            `query ($vendorId: UUID!, $serviceIds: [UUID]!) {
              nextAvailable(vendorId: $vendorId, serviceIds: $serviceIds) { startsAt } }`,
            { vendorId, serviceIds: [massageId] },
          )
        ).nextAvailable;
      expect(await slot()).not.toBeNull();
      await owner.prove(
        'pauseVendor',
        { vendorId, reason: 'Holidays' },
        { result: { status: 'paused', isListed: true, takesBookings: false } },
      );
      expect(await slot()).toBeNull();
      expect(await admin.refusedAct('resumeVendor', { vendorId })).toBe('OB002');
      await owner.prove('resumeVendor', { vendorId }, { result: { status: 'active' } });
      expect(await slot()).not.toBeNull();
    });
  });
}
