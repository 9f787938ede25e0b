import { type Layout, reduceToUnits } from '@grasp/budget';
import { toFloat32 } from '@grasp/checkpoint';
import { type DecoderCheckpoint, decoderLayout, unitSlices } from '@grasp/decoder';

/** Sums over the other axis of one matrix, for each row or column that belongs to a unit. */
interface WeightSums {
  readonly layer: number;
  readonly kind: string;
  /** 0: the unit has rows; 1: it has columns, of an output matrix. */
  readonly axis: 0 | 1;
  /** In layout order, the same number for each unit; float64. */
  readonly sums: Float64Array;
}

/**
 * `Σ |w|^power` of each row of the matrices that read the stream, and of each column of those that write to it. Matrices
 * are read one at a time; biases are left out.
 */
async function* weightSums(
  checkpoint: DecoderCheckpoint,
  power: 1 | 2,
): AsyncGenerator<WeightSums, void, undefined> {
  for (const { tensor, axis, layer, kind } of unitSlices(checkpoint.decoder)) {
    if (tensor.endsWith('.bias')) continue;
    const data = await checkpoint.read(tensor);
    const values = toFloat32(data);
    const [rows, columns] = data.shape as [number, number];
    const sums = new Float64Array(axis === 0 ? rows : columns);
    for (let row = 0, at = 0; row < rows; row++)
      for (let column = 0; column < columns; column++, at++)
        sums[axis === 0 ? row : column]! += power === 1 ? Math.abs(values[at]!) : values[at]! ** 2;
    yield { layer, kind, axis, sums };
  }
}

/** Sums of the output matrices' columns, by block of the layout: `count · w` entries each. */
export async function outputColumnSums(
  checkpoint: DecoderCheckpoint,
  power: 1 | 2,
): Promise<readonly Float64Array[]> {
  const { blocks } = decoderLayout(checkpoint.decoder);
  const byBlock: Float64Array[] = [];
  for await (const { layer, kind, axis, sums } of weightSums(checkpoint, power))
    if (axis === 1) byBlock[blocks.findIndex((block) => block.layer === layer && block.kind === kind)] = sums;
  return byBlock;
}

/** `‖·‖²` of all weights of each unit. */
export async function unitSquares(checkpoint: DecoderCheckpoint, layout: Layout): Promise<Float32Array> {
  const total = new Float64Array(layout.size);
  for await (const { layer, kind, sums } of weightSums(checkpoint, 2)) {
    const perBlock = layout.blocks.map((block) =>
      block.layer === layer && block.kind === kind ? sums : undefined,
    );
    reduceToUnits(layout, perBlock).forEach((sum, unit) => {
      total[unit]! += sum;
    });
  }
  return Float32Array.from(total);
}
