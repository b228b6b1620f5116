import { administrationChapter } from './chapters/administration.ts';
import { customersChapter } from './chapters/customers.ts';
import { departmentsChapter } from './chapters/departments.ts';
import { employeesChapter } from './chapters/employees.ts';
import { joiningChapter } from './chapters/joining.ts';
import { openingChapter } from './chapters/opening.ts';
import { providersChapter } from './chapters/providers.ts';
import { servedChapter } from './chapters/served.ts';
import { shopChapter } from './chapters/shop.ts';
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
providersChapter(season);
customersChapter(season);
servedChapter(season);

describe('the whole of it', () => {
  it('has called every mutation with an effect that was seen, but for those that are listed with a reason', async () => {
    const mutations = await mutationsOfApi(season.who.admin.query);
    const missed = mutations.filter((mutation) => !season.market.coverage.isNoted(mutation));
    expect(missed).toEqual(Object.keys(notYet).sort());
  });
});
