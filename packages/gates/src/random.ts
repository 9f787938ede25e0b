/**
 * Random integers from a seed: splitmix32 (a Weyl sequence through a 32-bit mixer), good enough to shuffle with and
 * the same on every platform.
 */
export class Random {
  #state: number;

  /** @param seeds any integers; each order of them is another sequence. */
  constructor(...seeds: readonly number[]) {
    this.#state = 0;
    for (const seed of seeds) this.#state = mix((this.#state + 0x9e3779b9 + (seed | 0)) | 0);
  }

  /** A uniform integer from 0 to 2³² − 1. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    return mix(this.#state) >>> 0;
  }

  /** A uniform integer below `bound`, which is at most 2³². */
  below(bound: number): number {
    // Values past the last whole multiple of the bound would make small results likelier.
    const usable = 2 ** 32 - (2 ** 32 % bound);
    let value = this.next();
    while (value >= usable) value = this.next();
    return value % bound;
  }
}

function mix(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return bits ^ (bits >>> 15);
}
