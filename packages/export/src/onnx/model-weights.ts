import { convert, type TensorData, toFloat32 } from '@grasp/checkpoint';
import { type DecoderCheckpoint, headRows, inOrder, transposed } from '@grasp/decoder';
import type { GraphBuilder } from './graph-builder.js';
import type { Value } from './onnx-graph.js';

/** The tensors of a checkpoint as weights of a graph, by their names. A tensor is read when it is written. */
export class ModelWeights {
  /** The order of the rows of a head, in which the pairs of the rotation lie half a head apart. */
  private readonly order: Int32Array | undefined;

  constructor(
    private readonly builder: GraphBuilder,
    private readonly checkpoint: DecoderCheckpoint,
  ) {
    this.order = headRows(checkpoint.decoder);
  }

  has(name: string): boolean {
    return this.checkpoint.tensors.has(name);
  }

  /** A matrix `[out, in]` of the checkpoint as `[in, out]`. */
  matrix(name: string, ofHeads = false): Value {
    const [rows, columns] = this.shapeOf(name) as [number, number];
    const { products: type } = this.builder;
    return this.builder.weight({
      ...{ name, type, shape: [columns, rows] },
      read: async () => transposed(this.ordered(await this.narrowed(name), columns, ofHeads), rows, columns),
    });
  }

  /** A matrix as the checkpoint has it. */
  table(name: string): Value {
    const { products: type } = this.builder;
    return this.builder.weight({ name, type, shape: this.shapeOf(name), read: () => this.narrowed(name) });
  }

  /** A vector, in float32: `factor · (vector + offset)`. */
  vector(name: string, { ofHeads = false, offset = 0, factor = 1 } = {}): Value {
    const read = async () => {
      const values = this.ordered(toFloat32(await this.checkpoint.read(name)), 1, ofHeads);
      return values.map((x) => factor * Math.fround(x + offset));
    };
    return this.builder.weight({ name, type: 'FLOAT', shape: this.shapeOf(name), read });
  }

  private shapeOf(name: string): readonly number[] {
    return this.checkpoint.tensors.get(name)!.shape;
  }

  private async narrowed(name: string): Promise<Float32Array | Uint16Array> {
    const tensor: TensorData = await this.checkpoint.read(name);
    return convert(tensor, this.builder.products === 'FLOAT' ? 'F32' : 'F16', name).data;
  }

  private ordered<A extends Float32Array | Uint16Array>(values: A, columns: number, ofHeads: boolean): A {
    return ofHeads && this.order ? inOrder(values, this.order, columns) : values;
  }
}
