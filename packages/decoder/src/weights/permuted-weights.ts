import * as tf from '@tensorflow/tfjs-core';
import { type Arrangement, identityArrangement, sameArrangement } from './permutation.js';

/** One unit-major weight: `unitRows` rows of the first axis belong to each unit. */
export interface UnitWeight {
  readonly name: string;
  readonly tensor: tf.Tensor;
  readonly unitRows: number;
}

/**
 * The weights of one block of units, kept in the order of an arrangement. Only one copy exists: rearranging
 * replaces it, and the computed and pruned parts are views of it where the backend can share memory.
 */
export class ArrangedWeights {
  private arrangement: Arrangement;
  private whole = new Map<string, tf.Tensor>();
  private parts = new Map<string, tf.Tensor | undefined>();
  private readonly unitRows = new Map<string, number>();

  constructor(
    private readonly count: number,
    weights: readonly UnitWeight[],
  ) {
    this.arrangement = identityArrangement(count);
    for (const { name, tensor, unitRows } of weights) {
      this.whole.set(name, tensor);
      this.unitRows.set(name, unitRows);
    }
    this.split();
  }

  get current(): Arrangement {
    return this.arrangement;
  }

  /** Rows of the computed units. */
  computed(name: string): tf.Tensor | undefined {
    return this.parts.get(`${name}C`);
  }

  /** Rows of the pruned units, where there are any. */
  pruned(name: string): tf.Tensor | undefined {
    return this.parts.get(`${name}P`);
  }

  /** Moves the weights into a new order; does nothing where it is the present one. */
  rearrange(next: Arrangement): void {
    if (sameArrangement(this.arrangement, next)) return;
    const place = new Int32Array(this.count);
    this.arrangement.order.forEach((unit, at) => {
      place[unit] = at;
    });
    const move = next.order.map((unit) => place[unit]!);
    const moved = move.some((from, to) => from !== to);
    this.arrangement = next;
    this.disposeParts();
    if (moved) {
      for (const [name, tensor] of this.whole) {
        const rows = this.unitRows.get(name)!;
        this.whole.set(
          name,
          tf.keep(tf.tidy(() => tf.gather(tensor, tf.tensor1d(expand(move, rows), 'int32')))),
        );
        tensor.dispose();
      }
    }
    this.split();
  }

  /** Replaces a weight by another of its shape, whose units are in their own order. */
  replace(name: string, tensor: tf.Tensor): void {
    const order = expand(this.arrangement.order, this.unitRows.get(name)!);
    this.disposeParts();
    this.whole.get(name)!.dispose();
    this.whole.set(name, tf.keep(tf.tidy(() => tf.gather(tensor, tf.tensor1d(order, 'int32')))));
    this.split();
  }

  dispose(): void {
    this.disposeParts();
    for (const tensor of this.whole.values()) tensor.dispose();
    this.whole.clear();
  }

  private split(): void {
    const { computed } = this.arrangement;
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

/** Indices of units as indices of their rows. */
function expand(units: Int32Array, rows: number): Int32Array {
  if (rows === 1) return units;
  const indices = new Int32Array(units.length * rows);
  for (let i = 0; i < indices.length; i++) indices[i] = units[Math.floor(i / rows)]! * rows + (i % rows);
  return indices;
}
