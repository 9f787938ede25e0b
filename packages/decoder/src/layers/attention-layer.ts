import type { UnitBlock } from '@grasp/budget';
import * as tf from '@tensorflow/tfjs-core';
import type { AttentionGradientInputs } from '../math/attention/attention-gradient.js';
import {
  type AttentionInputs,
  type AttentionSaved,
  attentionMatrices,
  stillSeen,
} from '../math/attention/attention-shape.js';
import type { MatrixSize } from '../math/lora.js';
import type { RotaryTable } from '../math/rotary.js';
import type { DecoderConfig } from '../spec/config.js';
import { attentionWeights } from '../weights/held-weights.js';
import type { Permutation } from '../weights/permutation.js';
import { projectionName } from '../weights/tensor-names.js';
import type { WeightReader } from '../weights/weight-reader.js';
import { type AttentionFunctions, prunedGroups } from './attention-functions.js';
import { readQueryKeyNorms } from './query-key-norms.js';
import type { Positions } from './rotary-positions.js';
import type {
  CachePlace,
  KeyValues,
  PrunedUnits,
  Saved,
  Sublayer,
  SublayerGradients,
  SublayerParameters,
  SublayerTensors,
  VisibleKeys,
  WantedGradients,
  WeightGradients,
} from './sublayer.js';
import {
  allWeights,
  disposeWeights,
  normsOf,
  readNorms,
  readUnits,
  replaceOutputRows,
  replaceWeights,
  type SublayerWeights,
  scaleGradients,
  sublayerTensors,
  tensorMap,
} from './sublayer-weights.js';

/** One layer's attention: the weights of its KV groups, one run of rows a group, and its passes. */
export class AttentionLayer implements Sublayer {
  readonly prunedUnits: PrunedUnits;
  readonly norms: number;

  private constructor(
    readonly block: UnitBlock,
    private readonly functions: AttentionFunctions,
    private readonly config: DecoderConfig,
    private readonly weights: SublayerWeights,
  ) {
    this.norms = normsOf(weights);
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

  get outputMatrix(): tf.Tensor {
    return this.weights.units.computed('output')!;
  }

  get outputBias(): tf.Tensor | undefined {
    return this.weights.others.outputBias;
  }

  get window(): number | undefined {
    return this.config.attention[this.block.layer]!.window;
  }

  matrices(kvHeads: number): readonly MatrixSize[] {
    return attentionMatrices(this.config, kvHeads);
  }

  permute(permutation: Permutation): void {
    this.weights.units.permute(permutation);
  }

  prepare(parameters: SublayerParameters): SublayerTensors {
    return sublayerTensors(this.weights, parameters);
  }

  forward(x: tf.Tensor, tensors: SublayerTensors, positions: Positions, visible?: VisibleKeys): tf.Tensor {
    const inputs = this.inputs(x, tensors, positions, false);
    return this.functions.infer({ ...inputs, visible: visible?.(this.window) }).y;
  }

  forwardSaving(
    x: tf.Tensor,
    tensors: SublayerTensors,
    positions: Positions,
    pruned: boolean,
  ): { y: tf.Tensor; saved: Saved } {
    const { y, ...saved } = this.functions.forward(this.inputs(x, tensors, positions, pruned));
    return { y, saved };
  }

  /** Forward with keys and values of earlier tokens; `past` has room at `place`. Returns those that later tokens may see. */
  forwardCached(
    x: tf.Tensor,
    tensors: SublayerTensors,
    positions: Positions,
    past: KeyValues | undefined,
    place?: CachePlace,
  ): { y: tf.Tensor } & KeyValues {
    const inputs = this.inputs(x, tensors, positions, false);
    const { step, cached } = this.functions;
    const stored = { pastKey: past?.key, pastValue: past?.value };
    const { y, gatedKey, gatedValue } = (place ? step : cached)({ ...inputs, ...stored, ...place });
    return { y, key: stillSeen(gatedKey, this.window), value: stillSeen(gatedValue, this.window) };
  }

  backward(
    dy: tf.Tensor,
    x: tf.Tensor,
    tensors: SublayerTensors,
    positions: Positions,
    saved: Saved,
    wanted: WantedGradients,
  ): SublayerGradients {
    const { backward, backwardTuning, backwardWeights, lastBackward } = this.functions;
    const run = wanted.weights
      ? backwardWeights
      : wanted.tuning
        ? backwardTuning
        : wanted.input
          ? backward
          : lastBackward;
    const inputs = this.gradientInputs(dy, x, tensors, positions, saved);
    const { dx, dzC, dzP, dLora, dWeights, ...norms } = run(inputs);
    const dz = dzP ? tf.concat([dzC, dzP]) : dzC;
    return { dx, dz, dNormScales: scaleGradients(this.weights, norms), dLora, dWeights };
  }

  weightGradients(
    dy: tf.Tensor,
    x: tf.Tensor,
    tensors: SublayerTensors,
    positions: Positions,
    saved: Saved,
  ): WeightGradients {
    const inputs = this.gradientInputs(dy, x, tensors, positions, saved);
    const { dx, ...gradients } = this.functions.backwardTraining(inputs);
    return { dx: dx!, gradients: tensorMap(gradients) };
  }

  run<T>(work: () => T): T {
    return work();
  }

  outputInputs(x: tf.Tensor, tensors: SublayerTensors, positions: Positions): tf.Tensor {
    return this.functions.mixed(this.inputs(x, tensors, positions, false)).mixed;
  }

  replaceOutputRows(rows: Uint32Array, values: Float32Array): void {
    replaceOutputRows(this.functions.runtime, this.weights, 'output', rows, values);
  }

  allWeights(): ReadonlyMap<string, tf.Tensor> {
    return allWeights(this.weights);
  }

  replaceWeights(values: ReadonlyMap<string, tf.Tensor>): void {
    replaceWeights(this.weights, values);
  }

  dispose(): void {
    disposeWeights(this.weights);
  }

  private gradientInputs(
    dy: tf.Tensor,
    x: tf.Tensor,
    tensors: SublayerTensors,
    positions: Positions,
    saved: Saved,
  ): AttentionGradientInputs {
    const { units, others } = this.weights;
    return {
      ...(saved as AttentionSaved),
      queryKeyBiasC: units.computed('queryKeyBias'),
      valueBiasC: units.computed('valueBias'),
      outputBias: others.outputBias,
      ...this.rotary(positions),
      dy,
      x,
      norm: tensors.norm,
      postNorm: tensors.postNorm,
      lora: tensors.lora,
      queryKeyC: units.computed('queryKey')!,
      valueC: units.computed('value')!,
      outputC: units.computed('output')!,
      z: tensors.z,
      queryKeyNorm: others.queryKeyNorm,
      outputP: saved.valuesP ? units.pruned('output') : undefined,
    };
  }

  private rotary(positions: Positions): RotaryTable {
    return positions.get(this.config.attention[this.block.layer]!.rotary)!;
  }

  private inputs(
    x: tf.Tensor,
    tensors: SublayerTensors,
    positions: Positions,
    pruned: boolean,
  ): AttentionInputs {
    const { units, others } = this.weights;
    return {
      x,
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
