import { administrationChapter } from './chapters/administration.ts';
import { careChapter } from './chapters/care.ts';
import { changedChapter } from './chapters/changed.ts';
import { couponsChapter } from './chapters/coupons.ts';
import { customersChapter } from './chapters/customers.ts';
import { departmentsChapter } from './chapters/departments.ts';
import { deskChapter } from './chapters/desk.ts';
import { employeesChapter } from './chapters/employees.ts';
import { figuresChapter } from './chapters/figures.ts';
import { hoursChapter } from './chapters/hours.ts';
import { joiningChapter } from './chapters/joining.ts';
import { leavingChapter } from './chapters/leaving.ts';
import { midnightChapter } from './chapters/midnight.ts';
import { openingChapter } from './chapters/opening.ts';
import { packagesChapter } from './chapters/packages.ts';
import { pageChapter } from './chapters/page.ts';
import { partnersChapter, partnersReturnChapter } from './chapters/partners.ts';
import { payoutsChapter } from './chapters/payouts.ts';
import { providersChapter } from './chapters/providers.ts';
import { rightsChapter } from './chapters/rights.ts';
import { servedChapter } from './chapters/served.ts';
import { shopChapter } from './chapters/shop.ts';
import { staffingChapter } from './chapters/staffing.ts';
import { tipsChapter } from './chapters/tips.ts';
import { waitlistChapter } from './chapters/waitlist.ts';
import { mutationsOfApi, notYet } from './coverage.ts';
import { makeSeason } from './season.ts';

const season = makeSeason();

beforeAll(() => season.open(), 120_000);
afterAll(() => season.close());

// One story: each chapter stands on those before it.
openingChapter(season);
employeesChapter(season);
departmentsChapter(season);
administrationChapter(season);
joiningChapter(season);
shopChapter(season);
pageChapter(season);
providersChapter(season);
customersChapter(season);
servedChapter(season);
tipsChapter(season);
changedChapter(season);
careChapter(season);
hoursChapter(season);
waitlistChapter(season);
packagesChapter(season);
couponsChapter(season);
deskChapter(season);
rightsChapter(season);
partnersChapter(season);
payoutsChapter(season);
staffingChapter(season);
partnersReturnChapter(season);
figuresChapter(season);
midnightChapter(season);
leavingChapter(season);

describe('the whole of it', () => {
  it('has called every mutation with an effect that was seen, but for those that are listed with a reason', async () => {
    const mutations = await mutationsOfApi(season.who.admin.query);
    const missed = mutations.filter((mutation) => !season.market.coverage.isNoted(mutation));
    expect(missed).toEqual(Object.keys(notYet).sort());
  });
});
