import { z } from 'zod';
import { faultIn } from '../../src/http/schema-fault.ts';
import { faultOf } from '../errors/message-rules.ts';

const schema = z.strictObject({
  mobile: z.string().max(5),
  age: z.int().positive().max(150),
  role: z.enum(['customer', 'vendor']),
  device: z
    .record(z.string().min(1), z.string().min(2))
    .refine((device) => Object.keys(device).length < 2, { error: 'must have at most 1 entry' })
    .optional(),
});

const fine = { mobile: '98', age: 30, role: 'vendor' };

it.each([
  [
    'a text that is too long',
    { mobile: '987654' },
    'mobile',
    'This must have at most 5 characters.',
  ],
  ['a number where a text should be', { mobile: 98 }, 'mobile', 'This must be a text.'],
  ['a text that is missing', { mobile: undefined }, 'mobile', 'This is required. Enter a value.'],
  ['a choice that is missing', { role: undefined }, 'role', 'This is required. Enter a value.'],
  ['another choice', { role: 'x' }, 'role', 'This must be "customer" or "vendor".'],
  ['a number that is too small', { age: 0 }, 'age', 'This must be more than 0.'],
  ['a number that is too large', { age: 151 }, 'age', 'This must be at most 150.'],
  ['a fraction', { age: 1.5 }, 'age', 'This must be a whole number.'],
  ['a short text', { device: { os: '' } }, 'device.os', 'This must have at least 2 characters.'],
  [
    'a rule of our own',
    { device: { a: 'aa', b: 'bb' } },
    'device',
    'This must have at most 1 entry.',
  ],
  [
    'a field that is not expected',
    { colour: 1 },
    'colour',
    'This is not expected here. Remove it.',
  ],
  ['an object that is none', { device: 'x' }, 'device', 'This must be an object.'],
])('%s is refused in words for people', (_, odd, field, words) => {
  const value = { ...fine, ...odd };
  const { error } = schema.safeParse(value);
  expect(error && faultIn(error, value)).toEqual({ field, words });
  expect(faultOf(words)).toBeUndefined();
});

it('a value that fits is not refused', () => {
  expect(schema.safeParse(fine).success).toBe(true);
});
