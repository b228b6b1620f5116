import { type Account, addAuthUser, addProfile, addRole, makeName } from './accounts.ts';
import { addApplicationRows } from './application-rows.ts';
import { type BusinessType, vendorCategoriesOf, vendorCategoryOf } from './business-types.ts';
import { type Day, hour, type Moment, momentOf, secondsPerDay } from './calendar.ts';
import type { Rows } from './copy.ts';
import { type Defaults, known } from './defaults.ts';
import { emailAddress, makeGstin, makePan, mobileNumber } from './identifiers.ts';
import { businessNames } from './names.ts';
import type { PersonaAccounts } from './people.ts';
import { makeAddress } from './places.ts';
import { addQuickSignup, addQuickSignups } from './quick-signups.ts';
import { Random } from './random.ts';
import type { Act } from './review.ts';
import { madeAtOf, type UnpricedVendor } from './vendors.ts';

/** An application and how it went. */
type Story = {
  readonly type: BusinessType;
  readonly partnerType: string;
  readonly signupType: 'quick' | 'detailed';
  readonly isFeePaid: boolean;
  readonly daysAgo: number;
  readonly acts: readonly Act[];
  /** A document that has not been looked at, or was found wrong. */
  readonly doubtful: readonly [documentType: string, reason: string | null] | null;
};

const submitted: Act = ['submitted'];
const approved: Act = ['approved'];

/** The oldest first. Each state but `approved`, which the persona vendors' are. */
const stories: readonly Story[] = [
  tell(
    'salon',
    19,
    [submitted, ['rejected', 'The premises are a private flat without a licence.']],
    {
      doubtful: ['registration', 'It names another address.'],
    },
  ),
  tell('wellness_center', 17, [
    submitted,
    approved,
    ['on_hold', 'The owner is abroad until the end of the month.'],
  ]),
  tell('hotel_spa', 16, [submitted, approved, approved, approved], {
    partnerType: 'FRANCHISE',
    isFeePaid: true,
  }),
  tell('spa', 14, [submitted, approved, approved, approved], { doubtful: ['license', null] }),
  tell('hotel_spa', 12, [submitted, approved, approved, approved], { partnerType: 'FRANCHISE' }),
  tell('salon', 11, [
    submitted,
    approved,
    ['info_requested', 'How many of the staff are trained?'],
  ]),
  tell(
    'spa',
    10,
    [
      submitted,
      ['on_hold', 'Visit planned for Friday.'],
      ['resumed', 'Visited.'],
      approved,
      approved,
    ],
    { partnerType: 'ASSOCIATION' },
  ),
  tell(
    'salon',
    8,
    [
      submitted,
      ['info_requested', 'Which of the two addresses is the salon?'],
      ['info_provided', 'The one in the application; the other is our store.'],
      approved,
    ],
    { partnerType: 'AGGREGATOR' },
  ),
  tell('home_service', 5, [submitted], { signupType: 'quick' }),
  tell('spa', 4, [submitted]),
  // The persona's: filled in, and not handed in yet.
  tell('salon', 3, []),
];
/** The persona vendors' are the first two. */
const approvedCount = 2;

/** How many application numbers are taken. */
export const applicationCount = approvedCount + stories.length;

/** Adds applications to become a vendor, the people who made them, and who has only begun. */
export function addApplications(
  rows: Rows,
  defaults: Defaults,
  accounts: PersonaAccounts,
  today: Day,
): void {
  for (const [index, story] of stories.entries()) {
    const random = new Random(`application ${index}`);
    const isPersona = index === stories.length - 1;
    const appliedAt = momentOf(today - story.daysAgo, random.int(600, 900));
    const account = isPersona
      ? accounts.applicant
      : addApplicant(rows, defaults, random, index, story, appliedAt);
    if (isPersona || story.signupType === 'quick') {
      addQuickSignup(rows, random, defaults, {
        account,
        signedUpAt: appliedAt - 2 * secondsPerDay,
        completedAt: story.acts.length === 0 ? null : appliedAt,
        category: vendorCategoryOf[story.type],
        partnerType: story.partnerType,
        today,
      });
    }
    const place = random.pick(defaults.places);
    const pan = makePan(random);
    addApplicationRows(rows, random, defaults, accounts, {
      id: random.uuid(),
      number: approvedCount + index + 1,
      account,
      businessName: `${random.pick(businessNames)} ${place.area}`,
      businessType: story.type,
      categories: [vendorCategoryOf[story.type]],
      address: makeAddress(place, random),
      pan,
      gstin: makeGstin(place.gstStateCode, pan),
      partnerType: story.partnerType,
      signupType: story.signupType,
      isFeePaid: story.isFeePaid,
      acts: story.acts,
      appliedAt,
      // Spread over what lies between, up to yesterday.
      secondsPerAct: Math.floor(((story.daysAgo - 1) * secondsPerDay) / (story.acts.length + 1)),
      doubtful: story.doubtful,
      today,
    });
  }
  addQuickSignups(rows, defaults, today);
}

/** Adds the application that a vendor came from: reviewed within the day before it was made. */
export function addApprovedApplication(
  rows: Rows,
  defaults: Defaults,
  accounts: PersonaAccounts,
  vendor: UnpricedVendor,
  number: number,
  today: Day,
): void {
  if (vendor.applicationId === null) {
    throw new Error(`${vendor.name} came from no application.`);
  }
  const appliedAt = vendor.owner.registeredAt + 2 * hour;
  addApplicationRows(rows, new Random(`application of ${vendor.id}`), defaults, accounts, {
    id: vendor.applicationId,
    number,
    account: vendor.owner,
    businessName: vendor.name,
    businessType: vendor.type,
    categories: vendorCategoriesOf(vendor.type, vendor.offers),
    address: vendor.address,
    pan: vendor.pan,
    gstin: vendor.gstin,
    partnerType: vendor.partnerType,
    signupType: 'detailed',
    isFeePaid: (known(defaults.partnerTerms, vendor.partnerType).fee ?? 0) > 0,
    acts: [submitted, ...defaults.approvalStages.map(() => approved)],
    appliedAt,
    secondsPerAct: (madeAtOf(vendor) - appliedAt) / defaults.approvalStages.length,
    doubtful: null,
    today,
  });
}

function addApplicant(
  rows: Rows,
  defaults: Defaults,
  random: Random,
  index: number,
  { signupType }: Story,
  appliedAt: Moment,
): Account {
  const name = makeName(random, 'female');
  const account: Account = {
    id: random.uuid(),
    name,
    gender: 'female',
    email: emailAddress(name, 89_000_000 + index),
    mobile: mobileNumber(80, 90_000_000 + index),
    bornOn: Math.floor(appliedAt / secondsPerDay) - random.int(28 * 365, 50 * 365),
    profileRole: 'customer',
    registeredAt: appliedAt - 3 * secondsPerDay,
  };
  addAuthUser(rows, account);
  addProfile(rows, account, signupType === 'quick' ? 'quick' : 'standard');
  addRole(rows, random, defaults.roleIds, account, 'customer');
  return account;
}

function tell(
  type: BusinessType,
  daysAgo: number,
  acts: readonly Act[],
  more: Partial<Story> = {},
): Story {
  return {
    type,
    partnerType: 'INDEPENDENT',
    signupType: 'detailed',
    isFeePaid: false,
    daysAgo,
    acts,
    doubtful: null,
    ...more,
  };
}
