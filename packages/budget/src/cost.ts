/**
 * Counts kept units and computes their cost.
 *
 * The cost is a sum of counts times distinct costs, not a running sum. It does not depend on the order in which units were
 * kept, and all units together cost exactly the total, even if a cost such as 512 / 3 is not exact in binary.
 */
export class CostCounter {
  readonly #distinct: number[] = [];
  readonly #slot: Uint32Array;
  readonly #counts: Float64Array;
  readonly #fixed: number;

  /**
   * @param costs cost of one unit of each block.
   * @param fixed cost of an empty mask.
   */
  constructor(costs: readonly number[], fixed = 0) {
    this.#fixed = fixed;
    const slots = new Map<number, number>();
    this.#slot = Uint32Array.from(costs, (cost) => {
      const slot = slots.get(cost) ?? slots.size;
      if (slot === slots.size) {
        slots.set(cost, slot);
        this.#distinct.push(cost);
      }
      return slot;
    });
    this.#counts = new Float64Array(this.#distinct.length);
  }

  /** Adds units of a block. A negative number removes units. */
  add(block: number, units: number): void {
    this.#counts[this.#slot[block]!]! += units;
  }

  get cost(): number {
    let sum = this.#fixed;
    for (let slot = 0; slot < this.#counts.length; slot++) sum += this.#distinct[slot]! * this.#counts[slot]!;
    return sum;
  }
}

/** Returns `fixed + Σ_b costs[b] · counts[b]`. */
export function costOf(costs: readonly number[], counts: ArrayLike<number>, fixed = 0): number {
  const counter = new CostCounter(costs, fixed);
  for (let block = 0; block < costs.length; block++) counter.add(block, counts[block]!);
  return counter.cost;
}
