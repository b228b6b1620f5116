import { type Marketplace, openMarketplace } from './marketplace.ts';
import type { Person } from './person.ts';

let market: Marketplace;
let admin: Person;

beforeAll(async () => {
  market = await openMarketplace();
  admin = market.person('Asha Rao', '+919800000001');
}, 120_000);

afterAll(async () => {
  await market?.close();
});

it('an empty marketplace serves its visitors, who find nothing', async () => {
  const { vendors } = await market.visitor('{ vendors { totalCount } }');
  expect(vendors.totalCount).toBe(0);
});

it('people sign in with the code that their telephone receives', async () => {
  await admin.signIn();
  const { me } = await admin.query('{ me { mobile } }');
  expect(me.mobile).toBe(admin.mobile);
});

it('the clock of the whole marketplace goes forward', async () => {
  const tomorrow = new Date(market.clock.now().getTime() + 86_400_000);
  market.clock.advanceTo(tomorrow);
  expect(await admin.refusal('{ me { mobile } }')).toBe('OB005');
  await admin.signIn();
  await admin.query('{ me { mobile } }');
});
