import type { UnitBlock } from '@grasp/budget';
import type * as tf from '@tensorflow/tfjs-core';
import type { AttentionGradientInputs } from '../math/attention/attention-gradient.js';
import {
  type AttentionInputs,
  type AttentionSaved,
  attentionMatrices,
} from '../math/attention/attention-shape.js';
import type { MatrixSize } from '../math/lora.js';
import type { RotaryTable } from '../math/rotary.js';
import type { NamedTensors } from '../runtime/named-function.js';
import type { DecoderConfig } from '../spec/config.js';
import { attentionWeights } from '../weights/held-weights.js';
import { projectionName } from '../weights/tensor-names.js';
import type { WeightReader } from '../weights/weight-reader.js';
import { type AttentionFunctions, prunedGroups } from './attention-functions.js';
import { readQueryKeyNorms } from './query-key-norms.js';
import { ResidualLayer } from './residual-layer.js';
import type { Positions } from './rotary-positions.js';
import type { CachePlace, KeyValues, PrunedUnits, Saved, SublayerTensors, VisibleKeys } from './sublayer.js';
import { readNorms, readUnits, type SublayerWeights } from './sublayer-weights.js';

/** One layer's attention: the weights of its KV groups, one run of rows a group, and its passes. */
export class AttentionLayer extends ResidualLayer<
  AttentionInputs,
  AttentionGradientInputs,
  AttentionFunctions
> {
  readonly prunedUnits: PrunedUnits;

  private constructor(
    block: UnitBlock,
    functions: AttentionFunctions,
    private readonly config: DecoderConfig,
    weights: SublayerWeights,
  ) {
    super(block, functions, weights, 'output');
    this.prunedUnits = prunedGroups(config);
  }

  static async load(
    reader: WeightReader,
    config: DecoderConfig,
    block: UnitBlock,
    functions: AttentionFunctions,
  ): Promise<AttentionLayer> {
    const { layer, count } = block;
    const weights = {
      units: await readUnits(reader, attentionWeights(config, layer), count),
      others: {
        ...(await readNorms(reader, config, layer, 'attention')),
        outputBias: await reader.optionalVector(projectionName(layer, 'o', 'bias'), config.hiddenSize),
        queryKeyNorm: await readQueryKeyNorms(reader, config, layer, count),
      },
      narrow: reader.narrow,
    };
    return new AttentionLayer(block, functions, config, weights);
  }

  get window(): number | undefined {
    return this.config.attention[this.block.layer]!.window;
  }

  matrices(kvHeads: number): readonly MatrixSize[] {
    return attentionMatrices(this.config, kvHeads);
  }

  forward(x: tf.Tensor, tensors: SublayerTensors, positions: Positions, visible?: VisibleKeys): tf.Tensor {
    const inputs = this.inputs(x, tensors, positions, false);
    return this.functions.infer({ ...inputs, visible: visible?.(this.window) }).y;
  }

  /** Forward with keys and values of earlier tokens; `past` has room at `place`. Returns them with those of these tokens. */
  forwardCached(
    x: tf.Tensor,
    tensors: SublayerTensors,
    positions: Positions,
    past: KeyValues | undefined,
    place?: CachePlace,
  ): { y: tf.Tensor } & KeyValues {
    const [B, , S] = past?.key.shape ?? []; // [B, K, S, h]
    const fillsWindow = B === x.shape[0] && S! + 1 === this.window; // one token a row, x: [B, d]
    const stepTensors = this.stepTensors(tensors, positions, past, place);
    if (place || fillsWindow) return this.step(x, stepTensors);
    const { y, gatedKey: key, gatedValue: value } = this.functions.cached({ ...stepTensors, x });
    return { y, key, value };
  }

  override stepTensors(
    tensors: SublayerTensors,
    positions: Positions,
    past?: KeyValues,
    place?: CachePlace,
  ): Omit<AttentionInputs, 'x'> {
    const stored = { pastKey: past?.key, pastValue: past?.value };
    return { ...this.operands(tensors, positions, false), ...stored, ...place };
  }

  step(x: tf.Tensor, tensors: NamedTensors): { y: tf.Tensor } & KeyValues {
    const { y, gatedKey: key, gatedValue: value } = this.functions.step({ ...tensors, x } as AttentionInputs);
    return { y, key, value };
  }

  outputInputs(x: tf.Tensor, tensors: SublayerTensors, positions: Positions): tf.Tensor {
    return this.functions.mixed(this.inputs(x, tensors, positions, false)).mixed;
  }

  protected gradientInputs(inputs: AttentionInputs, saved: Saved, dy: tf.Tensor): AttentionGradientInputs {
    const outputP = saved.valuesP ? this.weights.units.pruned('output') : undefined;
    return { ...inputs, ...(saved as AttentionSaved), outputP, dy };
  }

  private rotary(positions: Positions): RotaryTable {
    return positions.get(this.config.attention[this.block.layer]!.rotary)!;
  }

  protected operands(
    tensors: SublayerTensors,
    positions: Positions,
    pruned: boolean,
  ): Omit<AttentionInputs, 'x'> {
    const { units, others } = this.weights;
    return {
      ...this.rotary(positions),
      norm: tensors.norm,
      postNorm: tensors.postNorm,
      lora: tensors.lora,
      queryKeyC: units.computed('queryKey')!,
      valueC: units.computed('value')!,
      outputC: units.computed('output')!,
      z: tensors.z,
      queryKeyBiasC: units.computed('queryKeyBias'),
      valueBiasC: units.computed('valueBias'),
      outputBias: others.outputBias,
      queryKeyNorm: others.queryKeyNorm,
      valueP: pruned ? units.pruned('value') : undefined,
      valueBiasP: pruned ? units.pruned('valueBias') : undefined,
    };
  }
}
