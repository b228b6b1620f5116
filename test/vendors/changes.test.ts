import { randomUUID } from 'node:crypto';
import { makeSteps } from '../booking/steps.ts';
import { idFor, vendor, type Who } from '../fixtures/market.ts';
import { addStoredFile } from '../helpers/files.ts';
import { openVendors, type Vendors } from './support.ts';

let world: Vendors;
const { paid, complete } = makeSteps(() => world.market);

beforeAll(async () => {
  world = await openVendors();
});

afterAll(async () => {
  await world?.close();
});

beforeEach(async () => {
  await world.reopen();
  await world.market.owner.query('delete from vendor_change_requests');
  await world.market.owner.query(`update vendors set business_name = 'Lotus Spa' where id = $1`, [
    vendor,
  ]);
});

const gstin = '27ABCPE1234F1ZB';

type Asked = { readonly code: string; readonly id?: string };

async function request(who: Who | null, more: Record<string, unknown>): Promise<Asked> {
  const answer = await world.ask(
    who,
    `mutation ($input: RequestVendorChangeInput!) { requestVendorChange(input: $input) { result { id } } }`,
    { input: { vendorId: vendor, ...more } },
  );
  return {
    code: answer.errors?.[0]?.extensions.code ?? 'ok',
    id: answer.data?.requestVendorChange?.result.id,
  };
}

const decide = (who: Who | null, requestId: unknown, approve = true, reason?: string) =>
  world.act(who, 'decideVendorChange', { requestId, approve, reason });

const rename = (who: Who | null, newValue = 'Lotus House') =>
  request(who, { fact: 'business_name', newValue });

const publicName = async () =>
  (await world.ask(null, `{ vendor(id: "${vendor}") { businessName } }`)).data.vendor.businessName;

/** The owner's own account, verified or not. */
async function account(who: Who, isVerified: boolean): Promise<string> {
  const { id } = await world.market.one(
    `insert into user_bank_details
      (user_id, account_holder_name, account_number, ifsc_code, bank_name, is_verified, verified_at)
    values ($1, 'A Person', $2, 'HDFC0001234', 'HDFC Bank', $3, case when $3 then now() end) returning id`,
    [idFor(who), String(Math.floor(Math.random() * 1e12)).padStart(12, '1'), isVerified],
  );
  return String(id);
}

describe('a change of a verified fact', () => {
  it.each([
    ['vendor', 'ok'],
    ['receptionist', 'OB002'],
    ['therapist', 'OB002'],
    ['vendor2', 'OB002'],
    ['customer', 'OB002'],
    [null, 'OB001'],
  ] as const)('is requested by %s: %s', async (who, code) => {
    expect((await rename(who)).code).toBe(code);
  });

  it('applies once it is approved; until then the verified name is shown and used in messages', async () => {
    const { id } = await rename('vendor');
    expect(await publicName()).toBe('Lotus Spa');
    const who = await world.market.newCustomer();
    await world.market.book(who, {
      startsAt: new Date(Math.ceil(Date.now() / 36e5) * 36e5 + 30 * 36e5),
    });
    const texts = async () =>
      (
        await world.market.owner.query<{ text: string }>(
          `select concat_ws(' ', title, message) as text from notifications where user_id = $1`,
          [idFor(who)],
        )
      ).rows
        .map(({ text }) => text)
        .join('\n');
    expect(await texts()).toContain('Lotus Spa');
    expect(await texts()).not.toContain('Lotus House');
    const queue = await world.ask('admin', '{ verificationQueue { nodes { kind id what } } }');
    expect(queue.data.verificationQueue.nodes).toContainEqual({
      kind: 'vendor_change',
      id,
      what: 'business name: Lotus Spa → Lotus House',
    });
    expect(await decide('admin', id)).toBe('ok');
    expect(await publicName()).toBe('Lotus House');
    expect(await world.toldTo('vendor')).toContain('vendor_change_decided');
    expect(await decide('admin', id)).toBe('OB030');
  });

  it('is rejected with a reason, and changes nothing', async () => {
    const { id } = await rename('vendor');
    expect(await decide('admin', id, false)).toBe('OB036');
    expect(await decide('admin', id, false, 'No document')).toBe('ok');
    expect(await publicName()).toBe('Lotus Spa');
    expect(await world.toldTo('vendor')).toContain('vendor_change_decided');
    const { data } = await world.ask(
      'vendor',
      '{ vendorChangeRequests { nodes { fact oldValue newValue status rejectionReason } } }',
    );
    expect(data.vendorChangeRequests.nodes).toEqual([
      {
        fact: 'business_name',
        oldValue: 'Lotus Spa',
        newValue: 'Lotus House',
        status: 'rejected',
        rejectionReason: 'No document',
      },
    ]);
  });

  it('is decided by who verifies vendors, never by someone of the business', async () => {
    const { id } = await rename('vendor');
    expect(await decide('vendor', id)).toBe('42501');
    expect(await decide('customer_care', id)).toBe('OB002');
    expect(await decide(null, id)).toBe('OB001');
    expect(await decide('admin', randomUUID())).toBe('OB003');
    await world.market.owner.query(
      `insert into vendor_staff (vendor_id, user_id, name, role, mobile) values ($1, $2, 'A', 'accountant', '+919876543299')`,
      [vendor, idFor('admin')],
    );
    expect(await decide('admin', id)).toBe('OB031');
    await world.market.owner.query('delete from vendor_staff where user_id = $1', [idFor('admin')]);
    expect(await decide('admin', id)).toBe('ok');
  });

  it('is requested once for each fact at a time, also when two ask at once', async () => {
    const codes = await Promise.all([rename('vendor', 'One Spa'), rename('vendor', 'Two Spa')]);
    expect(codes.map(({ code }) => code).sort()).toEqual(['23505', 'ok']);
    expect((await request('vendor', { fact: 'gst_number', newValue: gstin })).code).toBe('ok');
  });

  it('of two who decide at once one does', async () => {
    const { id } = await rename('vendor');
    const ends = await Promise.all([
      decide('admin', id),
      decide('super_admin', id, false, 'No document'),
    ]);
    expect(ends.sort()).toEqual(['OB030', 'ok']);
  });

  it.each([
    ['business_name', 'X'],
    ['business_name', 'Lotus Spa'],
    ['gst_number', '27AAPFU0939F1ZX'],
    ['pan_number', 'AAPFU'],
    ['partner_type', 'NONE'],
    ['partner_type', null],
  ])('to %s %s is refused', async (fact, newValue) => {
    expect((await request('vendor', { fact, newValue })).code).toBe('OB020');
  });

  it('of tax numbers and the partner type applies with its commission', async () => {
    const { code, rate } = await world.market.one(
      `select type_code as code, commission_rate::float as rate from partner_types
      where is_active and commission_rate <> 15 order by type_code limit 1`,
    );
    for (const [fact, newValue] of [
      ['gst_number', gstin],
      ['pan_number', gstin.slice(2, 12)],
      ['partner_type', code],
    ] as const) {
      const { id } = await request('vendor', { fact, newValue });
      expect(await decide('admin', id)).toBe('ok');
    }
    // No message and no log holds a tax number.
    const { n } = await world.market.one(
      `select (select count(*) from notifications where message like '%' || $1 || '%')
        + (select count(*) from audit_logs where new_values::text like '%' || $1 || '%') as n`,
      [gstin.slice(2, 12)],
    );
    expect(Number(n)).toBe(0);
    expect(
      await world.market.one(
        `select gst_number, pan_number, partner_type,
          vendor_private_details_commission_rate(d)::float as rate
        from vendor_private_details d where vendor_id = $1`,
        [vendor],
      ),
    ).toEqual({ gst_number: gstin, pan_number: gstin.slice(2, 12), partner_type: code, rate });
  });

  it('brings documents of the vendor, and of no other', async () => {
    const fileUrl = await addStoredFile(world.market.owner, idFor('vendor'), 'vendor_document');
    const { id: documentId } = await world.market.one(
      `insert into vendor_documents (vendor_id, document_type, document_name, file_url)
      values ($1, 'license', 'A licence', $2) returning id`,
      [vendor, fileUrl],
    );
    const asked = (ids: readonly unknown[]) =>
      request('vendor', { fact: 'business_name', newValue: 'Lotus House', documentIds: ids });
    expect((await asked([randomUUID()])).code).toBe('OB020');
    const { id } = await asked([documentId]);
    expect(
      await world.market.one('select change_request_id as id from vendor_documents where id = $1', [
        documentId,
      ]),
    ).toEqual({ id });
  });

  it('is not written directly', async () => {
    for (const who of ['vendor', 'admin'] as const) {
      const answer = await world.ask(
        who,
        `mutation { updateVendor(input: { id: "${vendor}", patch: { businessName: "New" } }) { vendor { id } } }`,
      );
      expect(answer.errors).toBeDefined();
    }
    expect(await publicName()).toBe('Lotus Spa');
  });
});

describe('the bank account for payouts', () => {
  it('changes by request of the owner, to a verified account of the owner', async () => {
    const mine = await account('vendor', false);
    const foreign = await account('vendor2', true);
    const ask = (who: Who, bankDetailId: string | null, more = {}) =>
      request(who, { fact: 'bank_account', bankDetailId, ...more });
    expect((await ask('vendor', foreign)).code).toBe('OB003');
    expect((await ask('vendor', null)).code).toBe('OB020');
    expect((await request('vendor', { fact: 'pan_number', bankDetailId: mine })).code).toBe(
      'OB020',
    );
    expect((await ask('receptionist', mine)).code).toBe('OB002');
    const { id } = await ask('vendor', mine);
    expect(await decide('admin', id)).toBe('OB037');
    const payoutAccount = async () =>
      (await world.market.one('select (app_private.payout_account($1)).id', [vendor])).id;
    expect(await payoutAccount()).not.toBe(mine);
    expect(
      await world.act('super_admin', 'verifyBankAccount', { bankDetailId: mine, isRight: true }),
    ).toBe('ok');
    expect(await decide('admin', id)).toBe('ok');
    expect(await payoutAccount()).toBe(mine);
  });

  it('a payout by bank needs a verified account of the present owner', async () => {
    const { id } = await paid();
    await complete(id);
    await world.market.owner.query(
      `update commission_records
      set created_at = created_at - interval '7 days', payable_from = created_at - interval '7 days'
      where payout_id is null`,
    );
    const { monday } = await world.market.one(
      `select (date_trunc('week', app_private.today())::date - 7)::text as monday`,
    );
    const payout = await world.market.call('finance', 'run_payouts', { week_start: monday });
    const finish = () =>
      world.market.ends('finance', 'complete_payout', { payout_id: payout.id, reference: 'UTR1' });
    // As after a transfer: the accounts of the former owner do not count.
    await world.market.owner.query('update vendors set user_id = $2 where id = $1', [
      vendor,
      idFor('nobody'),
    ]);
    await world.market.owner.query(
      `update vendor_private_details set payout_account_id = null, payout_account_since = null
      where vendor_id = $1`,
      [vendor],
    );
    expect(await finish()).toBe('OB037');
    await account('nobody', false);
    expect(await finish()).toBe('OB037');
    const verified = await account('nobody', true);
    expect(await finish()).toBe('ok');
    // From now on it is the vendor's, whichever account the owner prefers.
    expect(
      await world.market.one(
        'select payout_account_id as id from vendor_private_details where vendor_id = $1',
        [vendor],
      ),
    ).toEqual({ id: verified });
    await world.market.owner.query('update vendors set user_id = $2 where id = $1', [
      vendor,
      idFor('vendor'),
    ]);
  });

  it('that is deleted is replaced by no other without a request: payouts are held, and the owner is told', async () => {
    const [used, spare] = [await account('vendor', true), await account('vendor', true)];
    await world.market.owner.query(
      `update vendor_private_details set payout_account_id = null, payout_account_since = null
      where vendor_id = $1`,
      [vendor],
    );
    const ask = (bankDetailId: string) => request('vendor', { fact: 'bank_account', bankDetailId });
    const payoutAccount = async () =>
      (await world.market.one('select (app_private.payout_account($1)).id', [vendor])).id;
    expect(await decide('admin', (await ask(used)).id)).toBe('ok');
    expect(await payoutAccount()).toBe(used);
    await world.toldTo('vendor');
    const { errors } = await world.ask(
      'vendor',
      'mutation ($id: UUID!) { deleteUserBankDetail(input: { id: $id }) { clientMutationId } }',
      { id: used },
    );
    expect(errors).toBeUndefined();
    expect(await payoutAccount()).toBeNull();
    expect(await world.toldTo('vendor')).toEqual(['payouts_held']);
    // The next run makes the payout, tells the owner again, and no bank pays it.
    const { id } = await paid();
    await complete(id);
    await world.market.owner.query(
      `update commission_records
      set created_at = created_at - interval '14 days', payable_from = created_at - interval '14 days'
      where payout_id is null`,
    );
    const { monday } = await world.market.one(
      `select (date_trunc('week', app_private.today())::date - 14)::text as monday`,
    );
    await world.toldTo('vendor');
    const payout = await world.market.call('finance', 'run_payouts', { week_start: monday });
    expect(await world.toldTo('vendor')).toContain('payouts_held');
    const finish = () =>
      world.market.ends('finance', 'complete_payout', { payout_id: payout.id, reference: 'UTR2' });
    expect(await finish()).toBe('OB037');
    expect(await decide('admin', (await ask(spare)).id)).toBe('ok');
    expect(await payoutAccount()).toBe(spare);
    expect(await finish()).toBe('ok');
  });
});

describe('withdrawing a request', () => {
  const withdraw = (who: Who | null, requestId: unknown) =>
    world.act(who, 'withdrawVendorChange', { requestId });

  it('is for the vendor while it waits, and makes room for another', async () => {
    const { id } = await rename('vendor');
    expect(await withdraw(null, id)).toBe('OB001');
    for (const who of ['vendor2', 'customer', 'receptionist', 'admin'] as const) {
      expect(await withdraw(who, id)).toBe('OB003');
    }
    expect(await withdraw('vendor', randomUUID())).toBe('OB003');
    expect(await withdraw('vendor', id)).toBe('ok');
    expect(await withdraw('vendor', id)).toBe('OB030');
    expect(await decide('admin', id)).toBe('OB030');
    expect(await publicName()).toBe('Lotus Spa');
    expect((await rename('vendor')).code).toBe('ok');
    const { data } = await world.ask('vendor', '{ vendorChangeRequests { nodes { status } } }');
    expect(
      data.vendorChangeRequests.nodes.map(({ status }: { status: string }) => status).sort(),
    ).toEqual(['pending', 'withdrawn']);
  });

  it('of the bank account is for the owner', async () => {
    await world.market.owner.query(
      `insert into vendor_staff (vendor_id, user_id, name, role, mobile) values ($1, $2, 'A', 'manager', '+919876543298')`,
      [vendor, idFor('nobody')],
    );
    const { id } = await request('vendor', {
      fact: 'bank_account',
      bankDetailId: await account('vendor', true),
    });
    const { id: name } = await rename('vendor');
    expect(await withdraw('nobody', id)).toBe('OB002');
    expect(await withdraw('nobody', name)).toBe('ok');
    expect(await withdraw('vendor', id)).toBe('ok');
    await world.market.owner.query('delete from vendor_staff where user_id = $1', [
      idFor('nobody'),
    ]);
  });

  it('and deciding at once: one of them happens', async () => {
    for (let round = 0; round < 4; round += 1) {
      const { id } = await rename('vendor', `Lotus House ${round}`);
      const ends = await Promise.all([withdraw('vendor', id), decide('admin', id)]);
      expect(ends.sort()).toEqual(['OB030', 'ok']);
    }
  });
});
