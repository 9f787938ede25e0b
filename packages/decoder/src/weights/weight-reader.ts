import { type Checkpoint, convert, type TensorData, toFloat32 } from '@grasp/checkpoint';
import * as tf from '@tensorflow/tfjs-core';
import type { Runtime, Scope } from '../runtime/runtime.js';
import { checkShape } from './expected-tensors.js';
import type { HeldWeight } from './held-weights.js';

/** The dtype in which weights are held. `bfloat16` needs a runtime that has it. */
export type WeightDType = 'float32' | 'bfloat16';

/** Reads tensors of a checkpoint onto the device and checks their shapes. Disposes of them if not all can be read. */
export class WeightReader {
  private owned: { dispose(): void }[] = [];

  constructor(
    private readonly checkpoint: Checkpoint,
    private readonly runtime: Runtime,
    private readonly dtype: WeightDType,
    private readonly onTensor?: (name: string) => void,
    /** The device scope in which tensors are made. */
    readonly scope: Scope = (work) => work(),
  ) {}

  /** A reader of the same checkpoint that makes tensors in another scope. */
  within(scope: Scope): WeightReader {
    const reader = new WeightReader(this.checkpoint, this.runtime, this.dtype, this.onTensor, scope);
    reader.owned = this.owned;
    return reader;
  }

  /** Remembers what was made of weights, for {@link dispose}. Disposing of it twice must do no harm. */
  own<Made extends { dispose(): void }>(made: Made): Made {
    this.owned.push(made);
    return made;
  }

  /** Disposes of all that was read, also within other scopes. For a load that fails. */
  dispose(): void {
    for (const made of this.owned) made.dispose();
    this.owned.length = 0;
  }

  /** Converts a float32 tensor to the weights' dtype. */
  readonly narrow = (x: tf.Tensor): tf.Tensor =>
    this.dtype === 'bfloat16' ? this.runtime.bfloat16!.fromFloat32(x) : x;

  has(name: string): boolean {
    return this.checkpoint.tensors.has(name);
  }

  /**
   * A matrix in the weight dtype.
   *
   * @param transpose whether to turn `[rows, columns]` of the file into `[columns, rows]`.
   * @throws WeightShapeError if the tensor is missing or has another shape.
   */
  async matrix(name: string, shape: readonly [number, number], transpose = false): Promise<tf.Tensor> {
    const [rows, columns] = shape;
    const values = await this.values(name, shape);
    return this.place(
      transpose ? transposed(values, rows, columns) : values,
      transpose ? [columns, rows] : [rows, columns],
    );
  }

  /** A weight of a sublayer with `units` units. Undefined for biases that the checkpoint lacks. */
  held({ parts, columns, transposed }: HeldWeight, units: number): Promise<tf.Tensor | undefined> {
    if (columns === undefined) return this.interleavedVectors(parts, units);
    const [{ name, rows }] = parts as [RowsPerUnit];
    return transposed
      ? this.matrix(name, [columns, units * rows], true)
      : this.interleaved(parts, units, columns);
  }

  /** Joins matrices of `columns` columns: for each unit, its rows of the first, then of the second, and so on. */
  async interleaved(parts: readonly RowsPerUnit[], units: number, columns: number): Promise<tf.Tensor> {
    const sources: (Float32Array | Uint16Array)[] = [];
    for (const { name, rows, order } of parts) {
      const values = await this.values(name, [units * rows, columns]);
      sources.push(order ? inOrder(values, order, columns) : values);
    }
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    return this.place(
      interleave(
        sources,
        parts.map((part) => part.rows * columns),
        units,
      ),
      [units * rows, columns],
    );
  }

  /** The same for vectors (biases), float32; undefined if the checkpoint has none of them. */
  async interleavedVectors(parts: readonly RowsPerUnit[], units: number): Promise<tf.Tensor | undefined> {
    if (!parts.some(({ name }) => this.has(name))) return undefined;
    const sources: Float32Array[] = [];
    for (const { name, rows, order } of parts) {
      const values = toFloat32(await this.read(name, [units * rows]));
      sources.push(order ? inOrder(values, order, 1) : values);
    }
    const values = interleave(
      sources,
      parts.map((part) => part.rows),
      units,
    );
    return this.own(tf.tensor1d(values as Float32Array));
  }

  /** A vector (norm weight, bias), always float32. */
  async vector(name: string, length: number): Promise<tf.Tensor> {
    const values = toFloat32(await this.read(name, [length]));
    return this.own(tf.tensor1d(values));
  }

  /** The weight of a norm, plus `offset`. */
  async norm(name: string, length: number, offset: 0 | 1): Promise<tf.Tensor> {
    const weight = await this.vector(name, length);
    if (offset === 0) return weight;
    const sum = this.own(tf.add(weight, offset));
    weight.dispose();
    return sum;
  }

  async optionalVector(name: string, length: number): Promise<tf.Tensor | undefined> {
    return this.has(name) ? this.vector(name, length) : undefined;
  }

  /** A tensor's elements in the weight dtype; bfloat16 as bits. */
  private async values(name: string, shape: readonly number[]): Promise<Float32Array | Uint16Array> {
    const data = await this.read(name, shape, this.dtype === 'bfloat16' ? 'BF16' : undefined);
    return this.dtype === 'bfloat16' ? (convert(data, 'BF16', name).data as Uint16Array) : toFloat32(data);
  }

  private place(values: Float32Array | Uint16Array, shape: [number, number]): tf.Tensor {
    if (values instanceof Float32Array) return this.own(tf.tensor2d(values, shape));
    return this.own(this.scope(() => this.runtime.bfloat16!.fromBits(values, shape)));
  }

  private async read(name: string, shape: readonly number[], rounded?: 'BF16'): Promise<TensorData> {
    checkShape(this.checkpoint, name, shape);
    const data = await this.checkpoint.read(name, rounded);
    this.onTensor?.(name);
    return data;
  }
}

/** A tensor with `rows` rows for each unit. */
export interface RowsPerUnit {
  readonly name: string;
  readonly rows: number;
  /** The order of the rows of each head: place `p` takes row `order[p]`. Default: as they are stored. */
  readonly order?: Int32Array | undefined;
}

/** Runs of rows in another order: place `p` of each run holds its row `order[p]`. */
export function inOrder<A extends Float32Array | Uint16Array>(
  values: A,
  order: Int32Array,
  columns: number,
): A {
  const out = new (values.constructor as new (length: number) => A)(values.length);
  const run = order.length * columns;
  for (let start = 0; start < values.length; start += run) {
    order.forEach((row, place) => {
      const from = start + row * columns;
      out.set(values.subarray(from, from + columns), start + place * columns);
    });
  }
  return out;
}

/** Takes `lengths[i]` elements of each source in turn, `units` times. */
function interleave(
  sources: readonly (Float32Array | Uint16Array)[],
  lengths: readonly number[],
  units: number,
): Float32Array | Uint16Array {
  if (sources.length === 1) return sources[0]!;
  const stride = lengths.reduce((sum, n) => sum + n, 0);
  const out = new (sources[0]!.constructor as new (n: number) => Float32Array | Uint16Array)(stride * units);
  let offset = 0;
  sources.forEach((source, i) => {
    const length = lengths[i]!;
    for (let u = 0; u < units; u++)
      out.set(source.subarray(u * length, (u + 1) * length), u * stride + offset);
    offset += length;
  });
  return out;
}

/** Transposes in square tiles, so that reads and writes stay in cache. */
export function transposed<A extends Float32Array | Uint16Array>(data: A, rows: number, columns: number): A {
  const tile = 32;
  const out = new (data.constructor as new (length: number) => A)(data.length);
  for (let r0 = 0; r0 < rows; r0 += tile) {
    for (let c0 = 0; c0 < columns; c0 += tile) {
      const r1 = Math.min(r0 + tile, rows);
      const c1 = Math.min(c0 + tile, columns);
      for (let r = r0; r < r1; r++) for (let c = c0; c < c1; c++) out[c * rows + r] = data[r * columns + c]!;
    }
  }
  return out;
}
