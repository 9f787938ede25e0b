import type { UnitBlock } from '@grasp/budget';
import { type DecoderConfig, decoderLayout, unitSlices } from '@grasp/decoder';

/** The output matrix of a block of units: `o_proj` or `down_proj`. */
export interface OutputMatrix {
  readonly block: UnitBlock;
  /** Name of the matrix, `[d, columns]`. */
  readonly tensor: string;
  /** Columns of each unit. */
  readonly width: number;
  /** Columns of all units. */
  readonly columns: number;
}

/** The output matrices of a model, in the order of its blocks. */
export function outputMatrices(config: DecoderConfig): OutputMatrix[] {
  const slices = unitSlices(config).filter(({ axis, tensor }) => axis === 1 && /weight$/.test(tensor));
  return decoderLayout(config).blocks.map((block) => {
    const own = ({ layer, kind }: (typeof slices)[number]) => layer === block.layer && kind === block.kind;
    const { tensor, width } = slices.find(own)!;
    return { block, tensor, width, columns: block.count * width };
  });
}
