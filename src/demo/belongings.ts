import type { Account } from './accounts.ts';
import { formatDay, formatMoment } from './calendar.ts';
import type { Rows } from './copy.ts';
import { addCustomerRows, referralCodeOf } from './customers.ts';
import { addFile } from './files.ts';
import { digits, masked, mobileNumber } from './identifiers.ts';
import { formatRupees } from './money.ts';
import { Random } from './random.ts';
import type { Vendor } from './vendors.ts';
import type { Circle, World } from './world.ts';

/** Adds what the personas own beside their bookings. */
export function addBelongings(rows: Rows, world: World): void {
  const random = new Random('belongings');
  const friend = world.customer(0).account.id;
  for (const [index, circle] of world.circles.entries()) {
    addCustomerRows(rows, random, circle.customer, null);
    addMoney(rows, random, circle, index);
    for (const account of [circle.vendor.owner, circle.therapist.account]) {
      addPapers(rows, random, world, circle.vendor, account);
    }
  }
  addPapers(rows, random, world, world.beautician.vendor, world.beautician.account);
  rows.add('public.customer_referrals', {
    id: random.uuid(),
    referrer_id: world.accounts.customer.id,
    referee_id: friend,
    referral_code: referralCodeOf(world.accounts.customer),
    created_at: formatMoment(world.customer(0).account.registeredAt),
  });
  addStaff(rows, random, world);
}

function addMoney(rows: Rows, random: Random, { customer }: Circle, index: number): void {
  const { id, registeredAt } = customer.account;
  const made = formatMoment(registeredAt + 86_400);
  const ownMethods = [
    { type: 'upi', upi: `demo${index + 1}@okbank`, last4: null, brand: null },
    { type: 'card', upi: null, last4: '4242', brand: 'visa' },
  ];
  for (const [position, { type, upi, last4, brand }] of ownMethods.entries()) {
    rows.add('public.payment_methods', {
      id: random.uuid(),
      customer_id: id,
      method_type: type,
      is_primary: position === 0,
      card_last4: last4,
      card_brand: brand,
      upi_id: upi,
      created_at: made,
    });
  }
  let balance = 0;
  let withdrawable = 0;
  // The bonus is spent first.
  const movements = [
    { type: 'credit', amount: 1_000_00, ofIt: 1_000_00, text: 'Paid in by UPI' },
    { type: 'bonus', amount: 150_00, ofIt: 0, text: 'Welcome bonus' },
    { type: 'debit', amount: 400_00, ofIt: 250_00, text: 'Gift to a friend' },
  ];
  for (const [position, { type, amount, ofIt, text }] of movements.entries()) {
    balance += type === 'debit' ? -amount : amount;
    withdrawable += type === 'debit' ? -ofIt : ofIt;
    rows.add('public.wallet_transactions', {
      id: random.uuid(),
      customer_id: id,
      transaction_type: type,
      amount: formatRupees(amount),
      balance_after: formatRupees(balance),
      withdrawable: formatRupees(ofIt),
      withdrawable_after: formatRupees(withdrawable),
      description: text,
      created_at: formatMoment(registeredAt + (position + 2) * 86_400),
    });
  }
}

/** Bank account, documents and contacts of a person who is paid out. */
function addPapers(
  rows: Rows,
  random: Random,
  world: World,
  vendor: Vendor,
  account: Account,
): void {
  const made = formatMoment(account.registeredAt + 86_400);
  const bankDetailId = random.uuid();
  const accountNumber = digits(random, 12);
  rows.add('app_private.bank_account_numbers', {
    bank_detail_id: bankDetailId,
    account_number: accountNumber,
  });
  rows.add('public.user_bank_details', {
    id: bankDetailId,
    user_id: account.id,
    account_holder_name: account.name,
    account_number: masked(accountNumber),
    ifsc_code: `HDFC0${digits(random, 6)}`,
    bank_name: 'HDFC Bank',
    account_type: 'savings',
    is_primary: true,
    is_verified: true,
    created_at: made,
    updated_at: made,
  });
  rows.add('public.user_kyc_verification', {
    id: random.uuid(),
    user_id: account.id,
    verification_type: 'bank',
    verification_status: 'verified',
    verified_at: made,
    created_at: made,
  });
  rows.add('public.user_documents', {
    id: random.uuid(),
    user_id: account.id,
    document_type: 'driving_license',
    document_number: masked(`${vendor.place.gstStateCode}${digits(random, 13)}`),
    document_name: 'Driving licence',
    file_url: addFile(rows, random, {
      ownerId: account.id,
      purpose: 'user_document',
      createdAt: made,
    }),
    verified: true,
    verified_by: world.accounts.admin.id,
    verified_at: made,
    expiry_date: formatDay(world.today + 900),
    created_at: made,
    updated_at: made,
  });
  rows.add('public.emergency_contacts', {
    id: random.uuid(),
    user_id: account.id,
    name: `Family of ${account.name}`,
    relationship: 'family',
    mobile: mobileNumber(60, 90_000_000 + random.int(0, 9_999_999)),
    is_primary: true,
    created_at: made,
  });
}

/** The people of the first vendor. */
function addStaff(rows: Rows, random: Random, { accounts, circles: [{ vendor }] }: World): void {
  const staff = [
    ['admin', accounts.vendor_admin],
    ['manager', accounts.vendor_manager],
    ['receptionist', accounts.receptionist],
    ['accountant', accounts.accountant],
  ] as const;
  for (const [role, account] of staff) {
    const made = formatMoment(Math.max(vendor.owner.registeredAt, account.registeredAt) + 86_400);
    rows.add('public.vendor_staff', {
      id: random.uuid(),
      vendor_id: vendor.id,
      user_id: account.id,
      name: account.name,
      role,
      mobile: account.mobile,
      email: account.email,
      created_at: made,
      updated_at: made,
    });
  }
}
