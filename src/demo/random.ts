/**
 * Random numbers that come out the same for the same seed (sfc32). For demo data and nothing else:
 * these are not to be mistaken for secrets.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: string) {
    this.#a = hash(seed, 0x9e3779b9);
    this.#b = hash(seed, 0x243f6a88);
    this.#c = hash(seed, 0xb7e15162);
    for (let round = 0; round < 12; round += 1) {
      this.#bits();
    }
  }

  /** From 0 up to but not including 1. */
  next(): number {
    return this.#bits() / 0x1_0000_0000;
  }

  /** A whole number, both ends included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** True with this probability, 0 to 1. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** @throws Error when there is nothing to pick from. */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.next() * items.length)];
    if (item === undefined) {
      throw new Error('Nothing to pick from.');
    }
    return item;
  }

  /** One of the keys, each as often as its weight says. */
  weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key {
    const entries = Object.entries<number>(weights) as [Key, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) {
        return key;
      }
    }
    throw new Error('Weights must be positive.');
  }

  /** `count` of the items, in their order; all of them when there are fewer. */
  sample<Item>(items: readonly Item[], count: number): Item[] {
    let wanted = Math.min(count, items.length);
    return items.filter((_, index) => {
      const isTaken = this.next() * (items.length - index) < wanted;
      wanted -= isTaken ? 1 : 0;
      return isTaken;
    });
  }

  /** A version 4 UUID. */
  uuid(): string {
    const a = this.#bits();
    const b = this.#bits();
    const c = this.#bits();
    const d = this.#bits();
    return (
      bytes(a) +
      byte(a >>> 8) +
      byte(a) +
      '-' +
      bytes(b) +
      '-' +
      byte(((b >>> 8) & 0x0f) | 0x40) +
      byte(b) +
      '-' +
      byte(((c >>> 24) & 0x3f) | 0x80) +
      byte(c >>> 16) +
      '-' +
      byte(c >>> 8) +
      byte(c) +
      bytes(d) +
      byte(d >>> 8) +
      byte(d)
    );
  }

  #bits(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

const hexBytes = Array.from({ length: 256 }, (_, number) => number.toString(16).padStart(2, '0'));

/** The lowest byte. */
function byte(bits: number): string {
  return hexBytes[bits & 0xff] ?? '';
}

/** The two highest bytes. */
function bytes(bits: number): string {
  return byte(bits >>> 24) + byte(bits >>> 16);
}

/** FNV-1a with a final mix, so that seeds that differ in one digit differ in every bit. */
function hash(text: string, basis: number): number {
  let value = basis;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}
