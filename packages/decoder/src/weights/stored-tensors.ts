/** The tensors of a checkpoint from the weights that a decoder holds: the inverse of `WeightReader`. */
import type { HeldWeight } from './held-weights.js';
import { unitRowsOf } from './held-weights.js';
import { transposed } from './weight-reader.js';

/** A float32 tensor by its name in the checkpoint. */
export interface StoredTensor {
  readonly name: string;
  readonly data: Float32Array;
}

/** The tensors that one held weight of `units` units consists of. */
export function storedTensors(held: HeldWeight, units: number, values: Float32Array): StoredTensor[] {
  const columns = held.columns ?? 1;
  if (held.transposed) {
    const data = transposed(values, values.length / columns, columns);
    return [{ name: held.parts[0]!.name, data }];
  }
  const unitRows = unitRowsOf(held);
  let before = 0;
  return held.parts.map(({ name, rows, order }) => {
    const data = new Float32Array(units * rows * columns);
    for (let unit = 0; unit < units; unit++) {
      const from = (unit * unitRows + before) * columns;
      data.set(values.subarray(from, from + rows * columns), unit * rows * columns);
    }
    before += rows;
    return { name, data: order ? outOfOrder(data, order, columns) : data };
  });
}

/** Undoes `inOrder`: row `order[p]` of each run takes place `p`. */
export function outOfOrder(values: Float32Array, order: Int32Array, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  const run = order.length * columns;
  for (let start = 0; start < values.length; start += run) {
    order.forEach((row, place) => {
      const from = start + place * columns;
      out.set(values.subarray(from, from + columns), start + row * columns);
    });
  }
  return out;
}
