/** Remembers what was set last, as long as all of it together weighs no more than `maxWeight`. */
export class WeightedCache<Key, Value> {
  readonly #maxWeight: number;
  readonly #entries = new Map<Key, { readonly value: Value; readonly weight: number }>();
  #weight = 0;

  constructor(maxWeight: number) {
    this.#maxWeight = maxWeight;
  }

  get(key: Key): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      return undefined;
    }
    // A Map keeps the order of insertion: what was used last goes last.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Forgets what was used longest ago to make room; keeps nothing that is too heavy by itself. */
  set(key: Key, value: Value, weight: number): void {
    this.#forget(key);
    if (weight > this.#maxWeight) {
      return;
    }
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.#maxWeight) {
        break;
      }
      this.#forget(oldest);
    }
  }

  #forget(key: Key): void {
    this.#weight -= this.#entries.get(key)?.weight ?? 0;
    this.#entries.delete(key);
  }
}
