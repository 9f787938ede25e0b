import { createLayout, type Layout } from '@grasp/budget';
import type { UnitSlice } from '@grasp/fold';
import type { GatedModel, GradientOptions, LossAndGradients } from '@grasp/gates';
import type { DecoderConfig } from './spec/config.js';
import { correctedSublayers } from './recovery/lora-parameters.js';
import type { Decoder } from './decoder.js';
import { factorCount } from './math/lora.js';
import { FINAL_NORM, normName } from './weights/tensor-names.js';
import type { TokenBatch } from './token-batch.js';
import { decoderLayout, unitSlices } from './spec/units.js';

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

/** Corrections of low rank to all matrices of the kept units. */
export interface Corrections {
  /** 1 for each kept unit. */
  readonly mask: Uint8Array;
  readonly rank: number;
}

/** Units, entries of norms, and factors of corrections, one block a sublayer, in the order of the sublayers. */
function tunableLayout(config: DecoderConfig, corrections: Corrections | undefined): Layout {
  const scales = scaleLayout(config);
  if (!corrections) return scales;
  const factors = correctedSublayers(config, corrections.mask).map(({ layer, kind, sizes }) => ({
    layer,
    kind: `${kind}-factors`,
    count: corrections.rank * factorCount(sizes),
    cost: 1,
  }));
  return createLayout([...scales.blocks, ...factors]);
}

/**
 * A decoder as a model whose gates are all that can be tuned of it: the scales of its units, the gains of its norms and,
 * where asked for, the factors of corrections (`initialFactors`). `calibrateScales` (`@grasp/fold`) tunes them together.
 * Removed units have no gradient here.
 */
export class TunableDecoder implements GatedModel<TokenBatch> {
  readonly layout: Layout;
  /** Units and entries of norms: what has a scale. */
  readonly scales: number;

  constructor(
    private readonly decoder: Decoder,
    corrections?: Corrections,
  ) {
    this.layout = tunableLayout(decoder.config, corrections);
    this.scales = scaleLayout(decoder.config).size;
  }

  async lossAndGateGradients(
    batch: TokenBatch,
    values: Float32Array,
    _options?: GradientOptions,
  ): Promise<LossAndGradients> {
    const { size: units } = this.decoder.layout;
    const { loss, gates, gains, factors } = await this.decoder.lossAndTuningGradients(batch, {
      gates: values.subarray(0, units),
      gains: values.subarray(units, this.scales),
      ...(values.length > this.scales ? { factors: values.subarray(this.scales) } : {}),
    });
    const gradients = new Float32Array(this.layout.size);
    gradients.set(gates);
    gradients.set(gains, units);
    if (factors) gradients.set(factors, this.scales);
    return { loss, gradients };
  }
}
