import type { Random } from './random.ts';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const gstinCharacters = `0123456789${letters}`;

/** A permanent account number of a firm, in its real form: AAAFA1234A. */
export function makePan(random: Random): string {
  const code = `${letter(random)}${letter(random)}${letter(random)}F${letter(random)}`;
  return `${code}${digits(random, 4)}${letter(random)}`;
}

/** GSTIN of the holder of `pan` in a state (its two-digit GST code), with the right check character. */
export function makeGstin(stateCode: string, pan: string): string {
  const base = `${stateCode}${pan}1Z`;
  return `${base}${gstinCheckCharacter(base)}`;
}

/** The last character, from the first fourteen: Luhn's method in base 36, as the GST network defines it. */
export function gstinCheckCharacter(base: string): string {
  let sum = 0;
  for (const [index, character] of [...base].entries()) {
    const product = gstinCharacters.indexOf(character) * (index % 2 === 0 ? 1 : 2);
    sum += Math.floor(product / 36) + (product % 36);
  }
  return gstinCharacters.charAt((36 - (sum % 36)) % 36);
}

export function digits(random: Random, count: number): string {
  let text = '';
  for (let index = 0; index < count; index += 1) {
    text += random.int(0, 9);
  }
  return text;
}

/** What is kept of a number: its last four characters behind X. */
export function masked(number: string): string {
  return number.slice(-4).padStart(number.length, 'X');
}

/** A mobile number of a demo person. The series keeps the kinds of people apart. */
export function mobileNumber(series: 60 | 70 | 80, index: number): string {
  return `+91${series}${String(index).padStart(8, '0')}`;
}

/** `Asha D'Souza`, 12 → `asha.dsouza12@example.com`: a domain without mailboxes. */
export function emailAddress(name: string, index: number): string {
  return `${name
    .toLowerCase()
    .replace(/[^a-z ]/g, '')
    .replaceAll(' ', '.')}${index}@example.com`;
}

/** GST code of each state, by the second part of its ISO 3166-2 code. */
// biome-ignore format: a table of short codes, filled to the line
export const gstStateCodes: Readonly<Record<string, string>> = {
  JK: '01', HP: '02', PB: '03', CH: '04', UK: '05', HR: '06', DL: '07', RJ: '08', UP: '09',
  BR: '10', SK: '11', AR: '12', NL: '13', MN: '14', MZ: '15', TR: '16', ML: '17', AS: '18',
  WB: '19', JH: '20', OD: '21', CG: '22', MP: '23', GJ: '24', DH: '26', MH: '27', KA: '29',
  GA: '30', LD: '31', KL: '32', TN: '33', PY: '34', AN: '35', TS: '36', AP: '37', LA: '38',
};

function letter(random: Random): string {
  return letters.charAt(random.int(0, 25));
}
