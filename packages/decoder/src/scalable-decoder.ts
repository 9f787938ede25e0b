import { createLayout, type Layout } from '@grasp/budget';
import type { UnitSlice } from '@grasp/fold';
import type { GatedModel, GradientOptions, LossAndGradients } from '@grasp/gates';
import type { DecoderConfig } from './config.js';
import type { Decoder } from './decoder.js';
import { FINAL_NORM, normName } from './tensor-names.js';
import type { TokenBatch } from './token-batch.js';
import { decoderLayout, unitSlices } from './units.js';

/** The norms in the order of gains: attention's, then the FFN's, of each layer that has them, and the final one. */
function norms({ layers }: DecoderConfig): { layer: number; kind: string; tensor: string }[] {
  return [
    ...layers.flatMap(({ channels, groups }, layer) => [
      ...(groups > 0 ? [{ layer, kind: 'attention-norm', tensor: normName(layer, 'attention') }] : []),
      ...(channels > 0 ? [{ layer, kind: 'ffn-norm', tensor: normName(layer, 'feedForward') }] : []),
    ]),
    { layer: layers.length, kind: 'final-norm', tensor: FINAL_NORM },
  ];
}

/** Everything a scale can be folded into: the units, then the entries of the norms. */
export function scaleLayout(config: DecoderConfig): Layout {
  const gains = norms(config).map(({ layer, kind }) => ({ layer, kind, count: config.hiddenSize, cost: 1 }));
  return createLayout([...decoderLayout(config).blocks, ...gains]);
}

/** Which tensors the entries of a {@link scaleLayout} belong to: `unitSlices`, and the norms. */
export function scaleSlices(config: DecoderConfig): UnitSlice[] {
  const gains = norms(config).map((norm): UnitSlice => ({ ...norm, axis: 0, width: 1, scaled: true }));
  return [...unitSlices(config), ...gains];
}

/** A mask or scales of the units with the norms' entries added, all kept. */
export function withNorms<V extends Uint8Array | Float32Array>(config: DecoderConfig, units: V): V {
  const size = units.length + norms(config).length * config.hiddenSize;
  const extended = new (units.constructor as new (length: number) => V)(size).fill(1) as V;
  extended.set(units);
  return extended;
}

/**
 * A decoder as a model whose gates are the scales of its units and the gains of its norms, so that `calibrateScales`
 * (`@grasp/fold`) tunes both. Removed units have no gradient here.
 */
export class ScalableDecoder implements GatedModel<TokenBatch> {
  readonly layout: Layout;

  constructor(private readonly decoder: Decoder) {
    this.layout = scaleLayout(decoder.config);
  }

  async lossAndGateGradients(
    batch: TokenBatch,
    scales: Float32Array,
    _options?: GradientOptions,
  ): Promise<LossAndGradients> {
    const { size } = this.decoder.layout;
    const { loss, gates, gains } = await this.decoder.lossAndScaleGradients(
      batch,
      scales.subarray(0, size),
      scales.subarray(size),
    );
    const gradients = new Float32Array(this.layout.size);
    gradients.set(gates);
    gradients.set(gains, size);
    return { loss, gradients };
  }
}
