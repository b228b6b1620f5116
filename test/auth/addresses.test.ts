import { readAddress } from '../../src/auth/addresses.ts';
import { Refusal } from '../../src/http/refusal.ts';

const codeOf = (act: () => unknown): string => {
  try {
    act();
    return 'ok';
  } catch (error) {
    return error instanceof Refusal ? error.code : String(error);
  }
};

describe('mobile numbers', () => {
  it.each([
    ['+919876543210', undefined, '+919876543210'],
    ['+91 98765 43210', undefined, '+919876543210'],
    ['+91-98765-43210', undefined, '+919876543210'],
    ['(+91) 98765.43210', undefined, '+919876543210'],
    ['98765 43210', undefined, '+919876543210'],
    ['098765 43210', undefined, '+919876543210'],
    ['00 91 98765 43210', undefined, '+919876543210'],
    ['९८७६५ ४३२१०', undefined, '+919876543210'],
    ['௯௮௭௬௫௪௩௨௧௦', undefined, '+919876543210'],
    ['050 123 4567', 'AE', '+971501234567'],
    ['07400 123456', 'GB', '+447400123456'],
    ['+44 7400 123456', 'IN', '+447400123456'],
    // North America does not tell mobile numbers from others.
    ['(201) 555-0123', 'US', '+12015550123'],
  ])('%s from %s is %s', (text, country, number) => {
    expect(readAddress({ mobile: text }, country)).toEqual({ mobile: number, email: null });
  });

  it.each([
    ['too short', '98765', undefined],
    ['too long', '+91987654321012', undefined],
    ['not given out', '+91 12345 67890', undefined],
    ['of a landline', '+91 11 2345 6789', undefined],
    ['in a sentence', 'call +919876543210 please', undefined],
    ['with an unknown code', '+999 12345678', undefined],
    ['of a country that there is not', '98765 43210', 'XX'],
    ['empty', '', undefined],
  ])('refused: one %s', (_name, text, country) => {
    expect(codeOf(() => readAddress({ mobile: text }, country))).toBe('OB020');
    expect(codeOf(() => readAddress({ mobile: '+919876543210' }))).toBe('ok');
  });
});

it.each([
  ['a@b', 'OB020'],
  ['asha@example.com, ravi@example.com', 'OB020'],
  [`${'a'.repeat(250)}@example.com`, 'OB020'],
  ['Asha+spa@Example.co.in', 'ok'],
])('the e-mail address %s: %s', (email, end) => {
  expect(codeOf(() => readAddress({ email }))).toBe(end);
});
