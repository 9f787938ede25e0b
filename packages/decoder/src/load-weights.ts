import { type Checkpoint, convert, type TensorData, toFloat32 } from '@grasp/checkpoint';
import * as tf from '@tensorflow/tfjs-core';
import { WeightShapeError } from './errors.js';
import type { Runtime } from './runtime.js';

/** How weights are held: `bfloat16` needs a runtime that has it. */
export type WeightDType = 'float32' | 'bfloat16';

/** Reads tensors of a checkpoint onto the device, checking shapes against what the config promises. */
export class WeightReader {
  constructor(
    private readonly checkpoint: Checkpoint,
    private readonly runtime: Runtime,
    private readonly dtype: WeightDType,
    private readonly onTensor?: (name: string) => void,
  ) {}

  has(name: string): boolean {
    return this.checkpoint.tensors.has(name);
  }

  /**
   * A matrix in the weight dtype.
   *
   * @param transpose turn `[rows, columns]` of the file into `[columns, rows]`.
   * @throws WeightShapeError where the tensor is missing or has another shape.
   */
  async matrix(name: string, shape: readonly [number, number], transpose = false): Promise<tf.Tensor> {
    const data = await this.read(name, shape);
    const [rows, columns] = shape;
    const out: [number, number] = transpose ? [columns, rows] : [rows, columns];
    if (this.dtype === 'bfloat16' && this.runtime.bfloat16) {
      const { data: bits } = convert(data, 'BF16') as { data: Uint16Array };
      return this.runtime.bfloat16.fromBits(transpose ? transposed(bits, rows, columns) : bits, out);
    }
    const values = toFloat32(data);
    return tf.tensor(transpose ? transposed(values, rows, columns) : values, out, 'float32');
  }

  /** A vector (norm weight, bias), always float32. */
  async vector(name: string, length: number): Promise<tf.Tensor> {
    return tf.tensor1d(toFloat32(await this.read(name, [length])));
  }

  async optionalVector(name: string, length: number): Promise<tf.Tensor | undefined> {
    return this.has(name) ? this.vector(name, length) : undefined;
  }

  private async read(name: string, shape: readonly number[]): Promise<TensorData> {
    const info = this.checkpoint.tensors.get(name);
    if (!info || info.shape.length !== shape.length || info.shape.some((n, i) => n !== shape[i])) {
      const found = info ? `has shape [${info.shape.join(', ')}]` : 'is missing';
      throw new WeightShapeError(
        `${this.checkpoint.source}: tensor "${name}" ${found}; config.json asks for [${shape.join(', ')}].`,
        name,
        shape,
        info?.shape,
      );
    }
    const data = await this.checkpoint.read(name);
    this.onTensor?.(name);
    return data;
  }
}

/** Transposes in square tiles, so that reads and writes both stay in cache. */
function transposed<A extends Float32Array | Uint16Array>(data: A, rows: number, columns: number): A {
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
