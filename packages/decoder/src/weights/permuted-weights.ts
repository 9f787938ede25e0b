import * as tf from '@tensorflow/tfjs-core';
import { identityPermutation, type Permutation, rowsOfUnits, samePermutation } from './permutation.js';

/** One unit-major weight: `unitRows` rows of the first axis belong to each unit. */
export interface UnitWeight {
  readonly name: string;
  readonly tensor: tf.Tensor;
  readonly unitRows: number;
}

/**
 * The weights of one block of units in the order of a permutation. Only one copy exists: a new permutation replaces
 * it, and the computed and pruned parts are views of it if the backend can share memory.
 */
export class PermutedWeights {
  private permutation: Permutation;
  private whole = new Map<string, tf.Tensor>();
  private parts = new Map<string, tf.Tensor | undefined>();
  private readonly unitRows = new Map<string, number>();

  constructor(
    private readonly count: number,
    weights: readonly UnitWeight[],
  ) {
    this.permutation = identityPermutation(count);
    for (const { name, tensor, unitRows } of weights) {
      this.whole.set(name, tensor);
      this.unitRows.set(name, unitRows);
    }
    this.split();
  }

  /** Rows of the computed units. */
  computed(name: string): tf.Tensor | undefined {
    return this.parts.get(`${name}C`);
  }

  /** Rows of the pruned units, if there are any. */
  pruned(name: string): tf.Tensor | undefined {
    return this.parts.get(`${name}P`);
  }

  /** Moves the weights into a new order. Does nothing if they are in that order. */
  permute(next: Permutation): void {
    if (samePermutation(this.permutation, next)) return;
    const place = new Int32Array(this.count);
    this.permutation.order.forEach((unit, at) => {
      place[unit] = at;
    });
    const move = next.order.map((unit) => place[unit]!);
    const moved = move.some((from, to) => from !== to);
    this.permutation = next;
    this.disposeParts();
    if (moved) {
      for (const [name, tensor] of this.whole)
        this.take(name, tensor, rowsOfUnits(move, this.unitRows.get(name)!));
    }
    this.split();
  }

  /**
   * Replaces rows of a weight.
   *
   * @param rows their indices, with the units in their own order; `n` of them.
   * @param values float32 `[n, columns]`. The weight is held in float32 from then on.
   * @param widen converts the weight to float32.
   */
  replaceRows(
    name: string,
    rows: Uint32Array,
    values: tf.Tensor,
    widen: (weight: tf.Tensor) => tf.Tensor,
  ): void {
    const old = this.whole.get(name)!;
    const indices = rowsOfUnits(this.permutation.order, this.unitRows.get(name)!);
    const replacing = new Map(Array.from(rows, (row, i) => [row, indices.length + i]));
    const sources = indices.map((row, at) => replacing.get(row) ?? at);
    this.disposeParts();
    const both = tf.tidy(() => tf.concat([widen(old), values])); // [rows + n, columns]
    old.dispose();
    this.take(name, both, sources);
    this.split();
  }

  /** All weights, the units in their own order. They belong to this object. */
  all(): ReadonlyMap<string, tf.Tensor> {
    this.permute(identityPermutation(this.count));
    return this.whole;
  }

  /** Replaces whole weights, the units in their own order, by tensors that belong to this object from then on. */
  replace(values: ReadonlyMap<string, tf.Tensor>): void {
    this.permute(identityPermutation(this.count));
    this.disposeParts();
    for (const [name, value] of values) {
      this.whole.get(name)!.dispose();
      this.whole.set(name, value);
    }
    this.split();
  }

  dispose(): void {
    this.disposeParts();
    for (const tensor of this.whole.values()) tensor.dispose();
    this.whole.clear();
  }

  /** Makes the weight of these rows of a tensor, which is disposed of. */
  private take(name: string, from: tf.Tensor, rows: Int32Array): void {
    this.whole.set(name, tf.keep(tf.tidy(() => tf.gather(from, tf.tensor1d(rows, 'int32')))));
    from.dispose();
  }

  private split(): void {
    const { computed } = this.permutation;
    for (const [name, tensor] of this.whole) {
      const rows = this.unitRows.get(name)!;
      const [first, rest] = [computed * rows, (this.count - computed) * rows];
      this.parts.set(`${name}C`, tf.keep(sliceRows(tensor, 0, first)));
      this.parts.set(`${name}P`, rest === 0 ? undefined : tf.keep(sliceRows(tensor, first, rest)));
    }
  }

  private disposeParts(): void {
    for (const tensor of this.parts.values()) tensor?.dispose();
    this.parts.clear();
  }
}

function sliceRows(x: tf.Tensor, start: number, rows: number): tf.Tensor {
  return tf.slice(x, [start, ...x.shape.slice(1).map(() => 0)], [rows, ...x.shape.slice(1)]);
}
