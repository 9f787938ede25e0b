/**
 * Counts kept units and tells what they cost.
 *
 * Units are counted by distinct cost, and the cost is a sum of whole numbers times costs, never a running sum: it
 * does not depend on the order in which units were chosen, and keeping all units costs exactly the total even where
 * a cost such as 512 / 3 is not exact in binary.
 */
export class CostCounter {
  readonly #distinct: number[] = [];
  readonly #slot: Uint32Array;
  readonly #counts: Float64Array;
  readonly #fixed: number;

  /**
   * @param costs cost of one unit of each block.
   * @param fixed cost before any unit is kept.
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

  /** Keeps `units` more units of a block, or fewer if negative. */
  add(block: number, units: number): void {
    this.#counts[this.#slot[block]!]! += units;
  }

  get cost(): number {
    let sum = this.#fixed;
    for (let slot = 0; slot < this.#counts.length; slot++) sum += this.#distinct[slot]! * this.#counts[slot]!;
    return sum;
  }
}

/** Cost of `counts[b]` units of each block `b`, where one costs `costs[b]`, and of what is `fixed`. */
export function costOf(costs: readonly number[], counts: ArrayLike<number>, fixed = 0): number {
  const counter = new CostCounter(costs, fixed);
  for (let block = 0; block < costs.length; block++) counter.add(block, counts[block]!);
  return counter.cost;
}
