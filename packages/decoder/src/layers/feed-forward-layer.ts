import type { UnitBlock } from '@grasp/budget';
import * as tf from '@tensorflow/tfjs-core';
import {
  type FeedForwardGradientInputs,
  type FeedForwardInputs,
  type FeedForwardSaved,
  feedForwardMatrices,
} from '../math/feed-forward.js';
import type { MatrixSize } from '../math/lora.js';
import type { DecoderConfig } from '../spec/config.js';
import { feedForwardWeights } from '../weights/held-weights.js';
import type { Permutation } from '../weights/permutation.js';
import { projectionName } from '../weights/tensor-names.js';
import type { WeightReader } from '../weights/weight-reader.js';
import type { FeedForwardFunctions } from './feed-forward-functions.js';
import type { Positions } from './rotary-positions.js';
import type {
  Saved,
  Sublayer,
  SublayerGradients,
  SublayerParameters,
  SublayerTensors,
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

/** One layer's FFN: the weights of its channels, one row a channel, and its passes. */
export class FeedForwardLayer implements Sublayer {
  readonly prunedUnits = 'skipped';
  readonly norms: number;

  private constructor(
    readonly block: UnitBlock,
    private readonly functions: FeedForwardFunctions,
    private readonly weights: SublayerWeights,
    private readonly gated: boolean,
  ) {
    this.norms = normsOf(weights);
  }

  static async load(
    reader: WeightReader,
    config: DecoderConfig,
    block: UnitBlock,
    functions: FeedForwardFunctions,
  ): Promise<FeedForwardLayer> {
    const { layer, count } = block;
    const weights = {
      units: await readUnits(reader, feedForwardWeights(config, layer), count),
      others: {
        ...(await readNorms(reader, config, layer, 'feedForward')),
        outputBias: await reader.optionalVector(projectionName(layer, 'down', 'bias'), config.hiddenSize),
      },
      narrow: reader.narrow,
    };
    return new FeedForwardLayer(block, functions, weights, config.gatedFeedForward);
  }

  get outputMatrix(): tf.Tensor {
    return this.weights.units.computed('down')!;
  }

  get outputBias(): tf.Tensor | undefined {
    return this.weights.others.outputBias;
  }

  matrices(channels: number): readonly MatrixSize[] {
    return feedForwardMatrices(this.outputMatrix.shape[1]!, channels, this.gated);
  }

  permute(permutation: Permutation): void {
    this.weights.units.permute(permutation);
  }

  prepare(parameters: SublayerParameters): SublayerTensors {
    return sublayerTensors(this.weights, parameters);
  }

  forward(x: tf.Tensor, tensors: SublayerTensors): tf.Tensor {
    return this.functions.infer(this.inputs(x, tensors, false)).y;
  }

  forwardSaving(
    x: tf.Tensor,
    tensors: SublayerTensors,
    _positions: Positions,
    pruned: boolean,
  ): { y: tf.Tensor; saved: Saved } {
    const { y, ...saved } = this.functions.forward(this.inputs(x, tensors, pruned));
    return { y, saved };
  }

  backward(
    dy: tf.Tensor,
    x: tf.Tensor,
    tensors: SublayerTensors,
    _positions: Positions,
    saved: Saved,
    { tuning, weights }: WantedGradients,
  ): SublayerGradients {
    const { backward, backwardTuning, backwardWeights } = this.functions;
    const run = weights ? backwardWeights : tuning ? backwardTuning : backward;
    const inputs = this.gradientInputs(dy, x, tensors, saved);
    const { dx, dzC, dzP, dLora, dWeights, ...norms } = run(inputs);
    const dz = dzP ? tf.concat([dzC, dzP]) : dzC;
    return { dx, dz, dNormScales: scaleGradients(this.weights, norms), dLora, dWeights };
  }

  weightGradients(
    dy: tf.Tensor,
    x: tf.Tensor,
    tensors: SublayerTensors,
    _positions: Positions,
    saved: Saved,
  ): WeightGradients {
    const inputs = this.gradientInputs(dy, x, tensors, saved);
    const { dx, ...gradients } = this.functions.backwardTraining(inputs);
    return { dx: dx!, gradients: tensorMap(gradients) };
  }

  run<T>(work: () => T): T {
    return work();
  }

  outputInputs(x: tf.Tensor, tensors: SublayerTensors): tf.Tensor {
    return this.functions.hidden(this.inputs(x, tensors, false)).hidden;
  }

  replaceOutputRows(rows: Uint32Array, values: Float32Array): void {
    replaceOutputRows(this.functions.runtime, this.weights, 'down', rows, values);
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
    saved: Saved,
  ): FeedForwardGradientInputs {
    const { units, others } = this.weights;
    return {
      ...(saved as FeedForwardSaved),
      gateBiasC: units.computed('gateBias'),
      upBiasC: units.computed('upBias'),
      downBias: others.outputBias,
      dy,
      x,
      norm: tensors.norm,
      postNorm: tensors.postNorm,
      lora: tensors.lora,
      gateC: units.computed('gate'),
      upC: units.computed('up')!,
      downC: units.computed('down')!,
      z: tensors.z,
      downP: saved.hiddenP ? units.pruned('down') : undefined,
    };
  }

  private inputs(x: tf.Tensor, tensors: SublayerTensors, pruned: boolean): FeedForwardInputs {
    const { units, others } = this.weights;
    return {
      x,
      norm: tensors.norm,
      postNorm: tensors.postNorm,
      lora: tensors.lora,
      gateC: units.computed('gate'),
      upC: units.computed('up')!,
      downC: units.computed('down')!,
      z: tensors.z,
      gateBiasC: units.computed('gateBias'),
      upBiasC: units.computed('upBias'),
      downBias: others.outputBias,
      gateP: pruned ? units.pruned('gate') : undefined,
      upP: pruned ? units.pruned('up') : undefined,
      gateBiasP: pruned ? units.pruned('gateBias') : undefined,
      upBiasP: pruned ? units.pruned('upBias') : undefined,
    };
  }
}
