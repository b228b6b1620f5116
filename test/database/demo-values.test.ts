import {
  formatDay,
  formatMoment,
  formatTime,
  indianDayOf,
  momentOf,
  weekdayOf,
} from '../../src/demo/calendar.ts';
import { gstinCheckCharacter, makeGstin, makePan } from '../../src/demo/identifiers.ts';
import { amountsOf, formatRupees, percentOf } from '../../src/demo/money.ts';
import { Random } from '../../src/demo/random.ts';

describe('money of the demo data', () => {
  it('spreads the discount over the items, and rounds the tax of each and of the charge half-up to the paisa', () => {
    // 5 % of 50.10 is 2.505.
    expect(amountsOf([50_10], 0, 50_00, 5, 18)).toEqual({
      total: 50_10,
      discount: 0,
      serviceCharge: 50_00,
      tax: 2_51 + 9_00,
      chargeTax: 9_00,
      gstPercentage: 5,
      final: 50_10 + 50_00 + 2_51 + 9_00,
      items: [{ discount: 0, tax: 2_51 }],
    });
    expect(amountsOf([200_00, 100_00], 100_00, 50_00, 5, 18)).toMatchObject({
      items: [
        { discount: 66_67, tax: 6_67 },
        { discount: 33_33, tax: 3_33 },
      ],
      final: 200_00 + 50_00 + 6_67 + 3_33 + 9_00,
    });
    expect(percentOf(999, 0.1)).toBe(1);
    expect(percentOf(499, 0.1)).toBe(0);
  });

  it.each([
    [0, '0.00'],
    [5, '0.05'],
    [123450, '1234.50'],
  ])('writes %d paise as %s rupees', (paise, rupees) => {
    expect(formatRupees(paise)).toBe(rupees);
  });
});

describe('identifiers of the demo data', () => {
  it.each([
    ['27AAPFU0939F1Z', 'V'],
    ['29AAGCB7383J1Z', '4'],
  ])('computes the check character of %s', (base, character) => {
    expect(gstinCheckCharacter(base)).toBe(character);
  });

  it('puts the PAN into the GSTIN', () => {
    const pan = makePan(new Random('a firm'));
    expect(pan).toMatch(/^[A-Z]{3}F[A-Z][0-9]{4}[A-Z]$/);
    expect(makeGstin('27', pan)).toMatch(new RegExp(`^27${pan}1Z[0-9A-Z]$`));
  });
});

describe('days and moments of the demo data', () => {
  it('are those of Indian clocks', () => {
    const day = indianDayOf(new Date('2026-01-31T18:29:59Z'));
    expect(formatDay(day)).toBe('2026-01-31');
    expect(formatDay(indianDayOf(new Date('2026-01-31T18:30:00Z')))).toBe('2026-02-01');
    expect(weekdayOf(day)).toBe(new Date('2026-01-31').getUTCDay());
    expect(formatMoment(momentOf(day, 570) + 7)).toBe('2026-01-31 09:30:07+05:30');
    expect(formatTime(570)).toBe('09:30');
  });
});

describe('random numbers of the demo data', () => {
  it('are the same for the same seed and others for another', () => {
    const draw = (seed: string): string[] => {
      const random = new Random(seed);
      return Array.from({ length: 5 }, () => random.uuid());
    };
    expect(draw('one')).toEqual(draw('one'));
    expect(draw('one')).not.toEqual(draw('two'));
  });

  it('are valid UUIDs of version 4, spread evenly', () => {
    const random = new Random('many');
    const ids = new Set<string>();
    let sum = 0;
    for (let index = 0; index < 10_000; index += 1) {
      const id = random.uuid();
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      ids.add(id);
      sum += random.next();
    }
    expect(ids.size).toBe(10_000);
    expect(sum / 10_000).toBeCloseTo(0.5, 1);
  });

  it('sample without repeating', () => {
    const random = new Random('sample');
    expect(random.sample([1, 2, 3], 5)).toEqual([1, 2, 3]);
    expect(new Set(random.sample([1, 2, 3, 4, 5], 3)).size).toBe(3);
    expect(() => random.pick([])).toThrow('Nothing to pick from');
  });
});
