import type { UnitBlock } from '@grasp/budget';
import * as tf from '@tensorflow/tfjs-core';
import { type FeedForwardInputs, type FeedForwardSaved, feedForwardMatrices } from '../math/feed-forward.js';
import type { MatrixSize } from '../math/lora.js';
import type { DecoderConfig } from '../spec/config.js';
import type { Permutation } from '../weights/permutation.js';
import { PermutedWeights, type UnitWeight } from '../weights/permuted-weights.js';
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
} from './sublayer.js';
import {
  disposeWeights,
  readNorms,
  replaceOutputRows,
  type SublayerWeights,
  scaleGradients,
  sublayerTensors,
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
    this.norms = [weights.norm, weights.postNorm].filter((norm) => norm !== undefined).length;
  }

  static async load(
    reader: WeightReader,
    config: DecoderConfig,
    block: UnitBlock,
    functions: FeedForwardFunctions,
  ): Promise<FeedForwardLayer> {
    const { layer, count } = block;
    const { hiddenSize: d, gatedFeedForward: gated } = config;
    const matrix = (name: 'gate' | 'up' | 'down') => projectionName(layer, name, 'weight');
    const inputs = gated ? (['gate', 'up'] as const) : (['up'] as const);
    const weights: UnitWeight[] = [];
    for (const name of inputs) {
      weights.push({ name, tensor: await reader.matrix(matrix(name), [count, d]), unitRows: 1 });
    }
    weights.push({
      name: 'down',
      tensor: await reader.matrix(matrix('down'), [d, count], true),
      unitRows: 1,
    });
    for (const name of inputs) {
      const bias = await reader.optionalVector(projectionName(layer, name, 'bias'), count);
      if (bias) weights.push({ name: `${name}Bias`, tensor: bias, unitRows: 1 });
    }
    const shared = {
      ...(await readNorms(reader, config, layer, 'feedForward')),
      outputBias: await reader.optionalVector(projectionName(layer, 'down', 'bias'), d),
      units: reader.scope(() => new PermutedWeights(count, weights)),
      narrow: reader.narrow,
    };
    return new FeedForwardLayer(block, functions, shared, gated);
  }

  get outputMatrix(): tf.Tensor {
    return this.weights.units.computed('down')!;
  }

  get outputBias(): tf.Tensor | undefined {
    return this.weights.outputBias;
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
    const { units } = this.weights;
    const { backward, backwardTuning, backwardWeights } = this.functions;
    const run = weights ? backwardWeights : tuning ? backwardTuning : backward;
    const { dx, dzC, dzP, dLora, dWeights, ...norms } = run({
      ...(saved as FeedForwardSaved),
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
    });
    const dz = dzP ? tf.concat([dzC, dzP]) : dzC;
    return { dx, dz, dNormScales: scaleGradients(this.weights, norms), dLora, dWeights };
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

  dispose(): void {
    disposeWeights(this.weights);
  }

  private inputs(x: tf.Tensor, tensors: SublayerTensors, pruned: boolean): FeedForwardInputs {
    const { units, outputBias } = this.weights;
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
      downBias: outputBias,
      gateP: pruned ? units.pruned('gate') : undefined,
      upP: pruned ? units.pruned('up') : undefined,
      gateBiasP: pruned ? units.pruned('gateBias') : undefined,
      upBiasP: pruned ? units.pruned('upBias') : undefined,
    };
  }
}
