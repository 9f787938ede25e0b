/**
 * Uniform random integers from a seed: splitmix32, a Weyl sequence through a 32-bit mixer.
 *
 * The order of training rows and the initial LoRA factors depend on this sequence; it never changes. It is not for
 * cryptography.
 */
export class Random {
  #state: number;

  /** @param seeds any integers. Their order matters: `(1, 2)` and `(2, 1)` give different sequences. */
  constructor(...seeds: readonly number[]) {
    this.#state = 0;
    for (const seed of seeds) this.#state = mix((this.#state + 0x9e3779b9 + (seed | 0)) | 0);
  }

  /** Returns a uniform integer in [0, 2³²). */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    return mix(this.#state) >>> 0;
  }

  /**
   * Returns a uniform integer in [0, bound).
   *
   * @param bound an integer from 1 to 2³².
   */
  below(bound: number): number {
    // Values beyond the last multiple of the bound would make small results more likely.
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
