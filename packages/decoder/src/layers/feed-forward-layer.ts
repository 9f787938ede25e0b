import type { UnitBlock } from '@grasp/budget';
import type { GradientOptions } from '@grasp/gates';
import * as tf from '@tensorflow/tfjs-core';
import { ArrangedWeights, type UnitWeight } from '../weights/permuted-weights.js';
import type { DecoderConfig } from '../spec/config.js';
import { feedForwardMatrices } from '../recovery/lora-parameters.js';
import {
  type FeedForwardGradientInputs,
  type FeedForwardInputs,
  type FeedForwardSaved,
  type FeedForwardShape,
  feedForward,
  feedForwardGradient,
  gatedHidden,
} from '../math/feed-forward.js';
import { GainedNorm } from '../gained-norm.js';
import type { WeightReader } from '../weights/weight-reader.js';
import { type NamedTensors, namedFunction } from '../runtime/named-function.js';
import { rmsNorm } from '../math/rms-norm.js';
import type { RotaryTable } from '../math/rotary.js';
import type { Runtime } from '../runtime/runtime.js';
import {
  GatedUnits,
  type Saved,
  type Sublayer,
  type SublayerGradients,
  type WantedGradients,
} from './sublayer.js';
import { SublayerFactors } from '../sublayer-factors.js';
import { normName, projectionName } from '../weights/tensor-names.js';

/**
 * The FFN's passes as functions shared by all layers. Layers differ in width, and each does from step to step while a mask
 * is learned: one graph serves all, except with corrections, whose factors are cut apart by sizes.
 */
export function feedForwardFunctions(runtime: Runtime, shape: FeedForwardShape) {
  const named = <I extends Pick<FeedForwardInputs, 'factors'> & NamedTensors, O extends NamedTensors>(
    name: string,
    body: (inputs: I) => O,
  ) => namedFunction(runtime, name, body, ({ factors }) => factors === undefined);
  return {
    infer: named('feed-forward', (i: FeedForwardInputs) => ({ y: feedForward(runtime, shape, i).y })),
    forward: named('feed-forward-saving', (i: FeedForwardInputs) => feedForward(runtime, shape, i)),
    hidden: named('feed-forward-hidden', (i: FeedForwardInputs) => ({
      hidden: gatedHidden(runtime, rmsNorm(i.x, i.norm, shape.epsilon), i).hidden,
    })),
    backward: named('feed-forward-gradient', (i: FeedForwardGradientInputs) =>
      feedForwardGradient(runtime, shape, i, false),
    ),
    backwardNorm: named('feed-forward-norm-gradient', (i: FeedForwardGradientInputs) =>
      feedForwardGradient(runtime, shape, i, true),
    ),
  };
}

/** One layer's FFN: its channels' weights, one row a channel, and its passes. */
export class FeedForwardLayer implements Sublayer {
  private constructor(
    readonly block: UnitBlock,
    private readonly functions: ReturnType<typeof feedForwardFunctions>,
    private readonly units: GatedUnits,
    readonly norm: GainedNorm,
    readonly factors: SublayerFactors,
    readonly outputBias: tf.Tensor | undefined,
  ) {}

  static async load(
    reader: WeightReader,
    config: DecoderConfig,
    block: UnitBlock,
    functions: ReturnType<typeof feedForwardFunctions>,
  ): Promise<FeedForwardLayer> {
    const { layer, count } = block;
    const d = config.hiddenSize;
    const weights: UnitWeight[] = [
      {
        name: 'gate',
        tensor: await reader.matrix(projectionName(layer, 'gate', 'weight'), [count, d]),
        unitRows: 1,
      },
      {
        name: 'up',
        tensor: await reader.matrix(projectionName(layer, 'up', 'weight'), [count, d]),
        unitRows: 1,
      },
      {
        name: 'down',
        tensor: await reader.matrix(projectionName(layer, 'down', 'weight'), [d, count], true),
        unitRows: 1,
      },
    ];
    for (const name of ['gate', 'up'] as const) {
      const bias = await reader.optionalVector(projectionName(layer, name, 'bias'), count);
      if (bias) weights.push({ name: `${name}Bias`, tensor: bias, unitRows: 1 });
    }
    const norm = new GainedNorm(await reader.vector(normName(layer, 'feedForward'), d));
    const downBias = await reader.optionalVector(projectionName(layer, 'down', 'bias'), d);
    const units = reader.scope(() => new GatedUnits(block, new ArrangedWeights(count, weights), true));
    const factors = new SublayerFactors((channels) => feedForwardMatrices(d, channels), reader.narrow);
    return new FeedForwardLayer(block, functions, units, norm, factors, downBias);
  }

  get arrangement() {
    return this.units.weights.current;
  }

  setGates(gates: Float32Array, units: NonNullable<GradientOptions['units']>): void {
    this.units.set(gates, units);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.functions.infer(this.inputs(x, false)).y;
  }

  forwardSaving(x: tf.Tensor, _rotary: RotaryTable, pruned: boolean): { y: tf.Tensor; saved: Saved } {
    const { y, ...saved } = this.functions.forward(this.inputs(x, pruned));
    return { y, saved };
  }

  backward(
    dy: tf.Tensor,
    x: tf.Tensor,
    _rotary: RotaryTable,
    saved: Saved,
    wanted: WantedGradients,
  ): SublayerGradients {
    const { weights } = this.units;
    const run = wanted.norm ? this.functions.backwardNorm : this.functions.backward;
    const { dx, dzC, dzP, dNorm, dFactors } = run({
      ...(saved as FeedForwardSaved),
      dy,
      x,
      norm: this.norm.weight,
      factors: this.factors.values,
      gateC: weights.computed('gate')!,
      upC: weights.computed('up')!,
      downC: weights.computed('down')!,
      z: this.units.gates,
      downP: saved.hiddenP ? weights.pruned('down') : undefined,
    });
    const dz = dzP ? tf.concat([dzC, dzP]) : dzC;
    return { dx, dz, dGain: dNorm && this.norm.gainGradient(dNorm), dFactors };
  }

  run<T>(work: () => T): T {
    return work();
  }

  outputInputs(x: tf.Tensor): tf.Tensor {
    return this.functions.hidden(this.inputs(x, false)).hidden;
  }

  get outputMatrix(): tf.Tensor {
    return this.units.weights.computed('down')!;
  }

  setOutputMatrix(matrix: tf.Tensor): void {
    this.units.weights.replace('down', matrix);
  }

  dispose(): void {
    this.units.dispose();
    this.norm.dispose();
    this.factors.dispose();
    this.outputBias?.dispose();
  }

  private inputs(x: tf.Tensor, pruned: boolean): FeedForwardInputs {
    const { weights } = this.units;
    return {
      x,
      norm: this.norm.weight,
      factors: this.factors.values,
      gateC: weights.computed('gate')!,
      upC: weights.computed('up')!,
      downC: weights.computed('down')!,
      z: this.units.gates,
      gateBiasC: weights.computed('gateBias'),
      upBiasC: weights.computed('upBias'),
      downBias: this.outputBias,
      gateP: pruned ? weights.pruned('gate') : undefined,
      upP: pruned ? weights.pruned('up') : undefined,
      gateBiasP: pruned ? weights.pruned('gateBias') : undefined,
      upBiasP: pruned ? weights.pruned('upBias') : undefined,
    };
  }
}
