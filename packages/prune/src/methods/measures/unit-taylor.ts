import { type Layout, reduceToUnits } from '@grasp/budget';
import type { Decoder, TokenBatch, WeightProducts } from '@grasp/decoder';

/** First-order Taylor importance of each unit, float32 in layout order. `L`: mean over batches of their mean loss. */
export interface UnitTaylor {
  /**
   * `Σ_r |Σ_i w_ri · ∂L/∂w_ri|` over all rows `r` of the unit's matrices (columns of `o` and `down`). The sums within a
   * row are signed, and exact for any number of batches.
   */
  readonly vector: Float32Array;
  /**
   * `Σ_w |w · ∂L/∂w|` over all weights of the unit, as a mean over batches of that sum. For one batch it is exact. For
   * several it is at least the value for `L`, whose gradients would all have to be held at once.
   */
  readonly element: Float32Array;
}

/**
 * Taylor importance of the dense model's units from weight times gradient (LLM-Pruner, arXiv 2305.11627, equations 3 to 5,
 * without the terms of second order).
 */
export async function unitTaylor(model: Decoder, batches: Iterable<TokenBatch>): Promise<UnitTaylor> {
  const signed = new Map<string, Float64Array>();
  const vectorOf: WeightProducts[] = [];
  const element = new Float64Array(model.layout.size);
  const view = model.under();
  let count = 0;
  for (const batch of batches) {
    const { products } = await view.weightProducts(batch);
    for (const part of products) {
      const key = `${part.block.start} ${part.matrix}`;
      const total = signed.get(key) ?? new Float64Array(part.signed.length);
      if (!signed.has(key)) vectorOf.push(part);
      signed.set(key, total);
      part.signed.forEach((sum, row) => {
        total[row]! += sum;
      });
      addRows(model.layout, part, part.absolute, element);
    }
    count++;
  }
  const vector = new Float64Array(model.layout.size);
  for (const part of vectorOf) {
    const total = signed.get(`${part.block.start} ${part.matrix}`)!;
    addRows(model.layout, part, total.map(Math.abs), vector);
  }
  const mean = (sums: Float64Array) => Float32Array.from(sums, (sum) => sum / count);
  return { vector: mean(vector), element: mean(element) };
}

/** Adds the entries of one matrix to those of their units. */
function addRows(
  layout: Layout,
  { block }: Pick<WeightProducts, 'block'>,
  entries: Float32Array | Float64Array,
  units: Float64Array,
): void {
  const perBlock = layout.blocks.map(({ start }) => (start === block.start ? entries : undefined));
  const { start, count } = block;
  reduceToUnits(layout, perBlock)
    .subarray(start, start + count)
    .forEach((sum, unit) => {
      units[start + unit]! += sum;
    });
}
