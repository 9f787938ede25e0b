import { createLayout, type Layout } from '@grasp/budget';
import type { UnitSlice } from '@grasp/fold';
import type { DecoderConfig } from '../spec/config.js';
import { FINAL_NORM, normName } from '../weights/tensor-names.js';

/** The norms in the order of their scales: attention's, then the FFN's, of each layer that has them; the final one. */
function norms({ layers }: DecoderConfig): { layer: number; kind: string; tensor: string }[] {
  return [
    ...layers.flatMap(({ channels, kvHeads }, layer) => [
      ...(kvHeads > 0 ? [{ layer, kind: 'attention-norm', tensor: normName(layer, 'attention') }] : []),
      ...(channels > 0 ? [{ layer, kind: 'ffn-norm', tensor: normName(layer, 'feedForward') }] : []),
    ]),
    { layer: layers.length, kind: 'final-norm', tensor: FINAL_NORM },
  ];
}

/** The entries of a model's norms as one vector, in the order of `DecoderParameters.norms`. */
export function normLayout(config: DecoderConfig): Layout {
  return createLayout(
    norms(config).map(({ layer, kind }) => ({ layer, kind, count: config.hiddenSize, cost: 1 })),
  );
}

/** The tensors into which norm scales are folded. */
export function normSlices(config: DecoderConfig): UnitSlice[] {
  return norms(config).map((norm): UnitSlice => ({ ...norm, axis: 0, width: 1, scaled: true }));
}
