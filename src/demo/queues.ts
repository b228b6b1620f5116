import { formatDay, formatMoment, formatTime, hour, momentOf, secondsPerDay } from './calendar.ts';
import { formatArray, type Rows } from './copy.ts';
import { addFile } from './files.ts';
import { digits, masked } from './identifiers.ts';
import { Random } from './random.ts';
import type { Circle, World } from './world.ts';

/** After the last day for which the demo has bookings, so that nothing collides. */
const daysClearOfBookings = 35;

/**
 * Adds what makes no booking and shows in the lists of the personas: what waits for verification or an answer, what
 * customers like and wait for, and days on which the vendors are closed.
 */
export function addQueues(rows: Rows, world: World): void {
  const random = new Random('queues');
  for (const circle of world.circles) {
    addFavourites(rows, random, world, circle);
    addPictures(rows, random, circle);
  }
  const [circle] = world.circles;
  addDatedHours(rows, random, world, circle);
  addWaitlistEntry(rows, random, world, circle);
  addPapersToCheck(rows, random, world, circle);
  addChangeRequests(rows, random, world);
  addInvitation(rows, random, world, circle);
  addCoupons(rows, random, world, circle);
  addUnmatchedPayment(rows, random, world);
}

function addFavourites(
  rows: Rows,
  random: Random,
  { today, beautician }: World,
  { customer, vendor, therapist }: Circle,
): void {
  const liked = [
    { vendor_id: vendor.id },
    { therapist_id: therapist.id },
    { service_id: therapist.offers[0]?.id ?? null },
    ...(beautician.vendor === vendor ? [{ beautician_id: beautician.id }] : []),
  ];
  for (const [index, favourite] of liked.entries()) {
    rows.add('public.favourites', {
      id: random.uuid(),
      customer_id: customer.account.id,
      vendor_id: null,
      therapist_id: null,
      beautician_id: null,
      service_id: null,
      ...favourite,
      created_at: formatMoment(momentOf(today - 40 + index)),
    });
  }
}

function addPictures(rows: Rows, random: Random, { vendor }: Circle): void {
  const createdAt = formatMoment(vendor.owner.registeredAt + 2 * secondsPerDay);
  for (const [index, caption] of ['The entrance', 'A room for two', 'The steam bath'].entries()) {
    rows.add('public.vendor_pictures', {
      id: random.uuid(),
      vendor_id: vendor.id,
      image_url: addFile(rows, random, {
        ownerId: vendor.owner.id,
        purpose: 'vendor_picture',
        contentType: 'image/jpeg',
        createdAt,
      }),
      caption,
      position: index + 1,
      created_at: createdAt,
      updated_at: createdAt,
    });
  }
}

function addDatedHours(
  rows: Rows,
  random: Random,
  { today }: World,
  { vendor, therapist }: Circle,
): void {
  const entered = formatMoment(momentOf(today - 2, 11 * 60));
  const first = today + daysClearOfBookings;
  rows.add('public.closures', {
    id: random.uuid(),
    vendor_id: vendor.id,
    first_day: formatDay(first),
    last_day: formatDay(first + 1),
    reason: 'The steam bath is renewed',
    created_by: vendor.owner.id,
    created_at: entered,
  });
  rows.add('public.special_hours', {
    id: random.uuid(),
    vendor_id: vendor.id,
    day: formatDay(first + 2),
    opens_at: formatTime(vendor.hours.from + 60),
    closes_at: formatTime(vendor.hours.to - 60),
    created_at: entered,
  });
  const blockedTimeId = random.uuid();
  const from = momentOf(first + 3, 13 * 60);
  rows.add('public.blocked_times', {
    id: blockedTimeId,
    provider_id: therapist.providerId,
    starts_at: formatMoment(from),
    ends_at: formatMoment(from + 2 * hour),
    reason: 'Training',
    created_by: therapist.account.id,
    created_at: entered,
  });
  rows.add('app_private.provider_reservations', {
    provider_id: therapist.providerId,
    booking_id: null,
    blocked_time_id: blockedTimeId,
    day: formatDay(first + 3),
    starts_at: formatMoment(from),
    ends_at: formatMoment(from + 2 * hour),
    ready_at: formatMoment(from + 2 * hour),
    is_at_vendor: true,
    latitude: null,
    longitude: null,
  });
}

/** One of the platform for first bookings, and one of the vendor; no one has used them yet. */
function addCoupons(rows: Rows, random: Random, { today }: World, { vendor }: Circle): void {
  const since = formatMoment(momentOf(today - 5, 10 * 60));
  const common = {
    minimum_amount: 500,
    valid_from: since,
    valid_until: formatMoment(momentOf(today + 60)),
    uses_per_customer: 1,
    created_at: since,
    updated_at: since,
  };
  rows.add('public.coupons', {
    id: random.uuid(),
    code: 'WELCOME100',
    description: 'For a first booking',
    borne_by: 'platform',
    percentage: null,
    amount: 100,
    vendor_id: null,
    first_booking_only: true,
    uses_in_all: null,
    budget_amount: 50_000,
    ...common,
  });
  rows.add('public.coupons', {
    id: random.uuid(),
    code: 'QUIET15',
    description: 'For the quiet hours of the week',
    borne_by: 'vendor',
    percentage: 15,
    amount: null,
    vendor_id: vendor.id,
    first_booking_only: false,
    uses_in_all: 100,
    budget_amount: null,
    ...common,
  });
}

/** What a gateway received without saying for what; finance looks for the booking. */
function addUnmatchedPayment(rows: Rows, random: Random, { today }: World): void {
  rows.add('public.unmatched_payments', {
    id: random.uuid(),
    payment_gateway: 'razorpay',
    gateway_transaction_id: 'pay_DemoWithoutNotes',
    amount: 1_250,
    currency: 'INR',
    reason: 'unknown_payment',
    created_at: formatMoment(momentOf(today - 1, 15 * 60)),
  });
}

/** For the day that the persona has off, so that no time frees by itself. */
function addWaitlistEntry(
  rows: Rows,
  random: Random,
  { today }: World,
  { customer, vendor, therapist }: Circle,
): void {
  const [offer] = therapist.offers;
  if (offer === undefined) {
    throw new Error('The persona performs nothing.');
  }
  const entered = formatMoment(momentOf(today - 1, 18 * 60));
  rows.add('public.waitlist_entries', {
    id: random.uuid(),
    customer_id: customer.account.id,
    vendor_id: vendor.id,
    service_ids: formatArray([offer.id]),
    provider_id: therapist.providerId,
    booking_type: 'spa_visit',
    starts_from: formatMoment(momentOf(today + 4, 10 * 60)),
    starts_until: formatMoment(momentOf(today + 4, 20 * 60)),
    duration_minutes: offer.minutes,
    created_at: entered,
    updated_at: entered,
  });
}

/** A bank account and a document of a person, an identity and a document of a business, not looked at yet. */
function addPapersToCheck(
  rows: Rows,
  random: Random,
  { today, beautician }: World,
  { vendor, therapist }: Circle,
): void {
  const created = formatMoment(momentOf(today - 1, 12 * 60));
  const bankDetailId = random.uuid();
  const accountNumber = digits(random, 12);
  rows.add('app_private.bank_account_numbers', {
    bank_detail_id: bankDetailId,
    account_number: accountNumber,
  });
  rows.add('public.user_bank_details', {
    id: bankDetailId,
    user_id: therapist.account.id,
    account_holder_name: therapist.account.name,
    account_number: masked(accountNumber),
    ifsc_code: `ICIC0${digits(random, 6)}`,
    bank_name: 'ICICI Bank',
    account_type: 'savings',
    is_primary: false,
    is_verified: false,
    created_at: created,
    updated_at: created,
  });
  rows.add('public.user_documents', {
    id: random.uuid(),
    user_id: beautician.account.id,
    document_type: 'passport',
    document_number: masked(`P${digits(random, 7)}`),
    document_name: 'Passport',
    file_url: addFile(rows, random, {
      ownerId: beautician.account.id,
      purpose: 'user_document',
      createdAt: created,
    }),
    verified: false,
    verified_by: null,
    verified_at: null,
    expiry_date: formatDay(today + 1_500),
    created_at: created,
    updated_at: created,
  });
  rows.add('public.user_kyc_verification', {
    id: random.uuid(),
    user_id: therapist.account.id,
    verification_type: 'email',
    verification_status: 'pending',
    verified_at: null,
    created_at: created,
  });
  rows.add('public.vendor_documents', {
    id: random.uuid(),
    vendor_id: vendor.id,
    document_type: 'insurance',
    document_name: 'Liability insurance',
    file_url: addFile(rows, random, {
      ownerId: vendor.owner.id,
      purpose: 'vendor_document',
      createdAt: created,
    }),
    file_type: 'application/pdf',
    verified: false,
    verified_at: null,
    expiry_date: formatDay(today + 330),
    created_at: created,
  });
}

/** Of facts that do not change what bookings are made of. */
function addChangeRequests(rows: Rows, random: Random, { today, circles }: World): void {
  const requested = [
    {
      vendor: circles[0].vendor,
      fact: 'registration_number',
      toValue: () => `SHOP/NEW/${digits(random, 5)}`,
    },
    {
      vendor: circles[1].vendor,
      fact: 'business_name',
      toValue: (name: string) => `${name} & Wellness`,
    },
  ];
  for (const { vendor, fact, toValue } of requested) {
    const created = formatMoment(momentOf(today - 1, 16 * 60));
    rows.add('public.vendor_change_requests', {
      id: random.uuid(),
      vendor_id: vendor.id,
      fact,
      old_value: fact === 'business_name' ? vendor.name : null,
      new_value: toValue(vendor.name),
      comment: 'As in the papers of the registry.',
      requested_by: vendor.owner.id,
      created_at: created,
      updated_at: created,
    });
  }
}

function addInvitation(
  rows: Rows,
  random: Random,
  { rules, today }: World,
  { vendor }: Circle,
): void {
  const sent = momentOf(today - 1, 15 * 60 + 30);
  rows.add('public.invitations', {
    id: random.uuid(),
    kind: 'vendor_staff',
    vendor_id: vendor.id,
    email: 'new.receptionist@example.com',
    name: 'Ritu Salvi',
    role: 'receptionist',
    invited_by: vendor.owner.id,
    sent_at: formatMoment(sent),
    expires_at: formatMoment(sent + rules.invitationValid),
    created_at: formatMoment(sent),
    updated_at: formatMoment(sent),
  });
}
