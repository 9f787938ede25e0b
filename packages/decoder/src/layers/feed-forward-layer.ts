import type { UnitBlock } from '@grasp/budget';
import type * as tf from '@tensorflow/tfjs-core';
import {
  type FeedForwardGradientInputs,
  type FeedForwardInputs,
  type FeedForwardSaved,
  feedForwardMatrices,
} from '../math/feed-forward.js';
import type { MatrixSize } from '../math/lora.js';
import type { NamedTensors } from '../runtime/named-function.js';
import type { DecoderConfig } from '../spec/config.js';
import { feedForwardWeights } from '../weights/held-weights.js';
import { projectionName } from '../weights/tensor-names.js';
import type { WeightReader } from '../weights/weight-reader.js';
import type { FeedForwardFunctions } from './feed-forward-functions.js';
import { ResidualLayer } from './residual-layer.js';
import type { Positions } from './rotary-positions.js';
import type { Saved, SublayerTensors } from './sublayer.js';
import { readNorms, readUnits, type SublayerWeights } from './sublayer-weights.js';

/** One layer's FFN: the weights of its channels, one row a channel, and its passes. */
export class FeedForwardLayer extends ResidualLayer<
  FeedForwardInputs,
  FeedForwardGradientInputs,
  FeedForwardFunctions
> {
  readonly prunedUnits = 'skipped';

  private constructor(
    block: UnitBlock,
    functions: FeedForwardFunctions,
    weights: SublayerWeights,
    private readonly gated: boolean,
  ) {
    super(block, functions, weights, 'down');
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

  matrices(channels: number): readonly MatrixSize[] {
    return feedForwardMatrices(this.outputMatrix.shape[1]!, channels, this.gated);
  }

  forward(x: tf.Tensor, tensors: SublayerTensors, positions: Positions): tf.Tensor {
    return this.functions.infer(this.inputs(x, tensors, positions, false)).y;
  }

  step(x: tf.Tensor, tensors: NamedTensors): { y: tf.Tensor } {
    return this.functions.infer({ ...tensors, x } as FeedForwardInputs);
  }

  outputInputs(x: tf.Tensor, tensors: SublayerTensors, positions: Positions): tf.Tensor {
    return this.functions.hidden(this.inputs(x, tensors, positions, false)).hidden;
  }

  protected gradientInputs(
    inputs: FeedForwardInputs,
    saved: Saved,
    dy: tf.Tensor,
  ): FeedForwardGradientInputs {
    const downP = saved.hiddenP ? this.weights.units.pruned('down') : undefined;
    return { ...inputs, ...(saved as FeedForwardSaved), downP, dy };
  }

  protected operands(
    tensors: SublayerTensors,
    _positions: Positions,
    pruned: boolean,
  ): Omit<FeedForwardInputs, 'x'> {
    const { units, others } = this.weights;
    return {
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
