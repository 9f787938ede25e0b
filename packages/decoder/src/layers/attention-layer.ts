import type { UnitBlock } from '@grasp/budget';
import type { GradientOptions } from '@grasp/gates';
import * as tf from '@tensorflow/tfjs-core';
import { ArrangedWeights, type UnitWeight } from '../weights/permuted-weights.js';
import {
  type AttentionGradientInputs,
  type AttentionInputs,
  type AttentionSaved,
  type AttentionShape,
  attention,
  attentionGradient,
} from '../math/attention.js';
import type { DecoderConfig } from '../spec/config.js';
import { attentionMatrices } from '../recovery/lora-parameters.js';
import { GainedNorm } from '../gained-norm.js';
import type { WeightReader } from '../weights/weight-reader.js';
import { namedFunction } from '../runtime/named-function.js';
import type { RotaryTable } from '../math/rotary.js';
import type { Runtime } from '../runtime/runtime.js';
import {
  GatedUnits,
  type KeyValues,
  type Saved,
  type Sublayer,
  type SublayerGradients,
  type WantedGradients,
} from './sublayer.js';
import { SublayerFactors } from '../sublayer-factors.js';
import { normName, type ProjectionName, projectionName } from '../weights/tensor-names.js';

/** Attention's passes as functions shared by all layers. */
export function attentionFunctions(runtime: Runtime, shape: AttentionShape) {
  return {
    infer: namedFunction(runtime, 'attention', (i: AttentionInputs) => ({
      y: attention(runtime, shape, i).y,
    })),
    forward: namedFunction(runtime, 'attention-saving', (i: AttentionInputs) => {
      const { gatedKey: _, gatedValue: __, ...saved } = attention(runtime, shape, i);
      return saved;
    }),
    mixed: namedFunction(runtime, 'attention-mixed', (i: AttentionInputs) => ({
      mixed: attention(runtime, shape, i).mixed,
    })),
    backward: namedFunction(runtime, 'attention-gradient', (i: AttentionGradientInputs) =>
      attentionGradient(runtime, shape, i, { input: true, norm: false }),
    ),
    backwardNorm: namedFunction(runtime, 'attention-norm-gradient', (i: AttentionGradientInputs) =>
      attentionGradient(runtime, shape, i, { input: true, norm: true }),
    ),
    /** For the first layer, below which nothing needs a gradient. */
    lastBackward: namedFunction(runtime, 'attention-gradient-first-layer', (i: AttentionGradientInputs) =>
      attentionGradient(runtime, shape, i, { input: false, norm: false }),
    ),
    /** Not recorded: each token makes the cache, and so the shapes, longer. */
    cached: (i: AttentionInputs) => attention(runtime, shape, i),
  };
}

/** One layer's attention: its groups' weights, one run of rows a group, and its passes. */
export class AttentionLayer implements Sublayer {
  private constructor(
    readonly block: UnitBlock,
    private readonly functions: ReturnType<typeof attentionFunctions>,
    private readonly units: GatedUnits,
    readonly norm: GainedNorm,
    readonly factors: SublayerFactors,
    private readonly shared: {
      readonly outputBias: tf.Tensor | undefined;
      readonly queryKeyNorm: tf.Tensor | undefined;
    },
  ) {}

  static async load(
    reader: WeightReader,
    config: DecoderConfig,
    block: UnitBlock,
    functions: ReturnType<typeof attentionFunctions>,
    architecture: { readonly groupGate: 'key-value' | 'value'; readonly queryKeyNorm: boolean },
  ): Promise<AttentionLayer> {
    const { layer, count } = block;
    const { hiddenSize: d, headSize: h, headsPerGroup: G } = config;
    const part = (name: ProjectionName, kind: 'weight' | 'bias', rows: number) => ({
      name: projectionName(layer, name, kind),
      rows,
    });
    const weights: UnitWeight[] = [];
    for (const [name, parts] of [
      ['queryKey', [['q', G * h] as const, ['k', h] as const]],
      ['value', [['v', h] as const]],
    ] as const) {
      const unitRows = parts.reduce((sum, [, rows]) => sum + rows, 0);
      const matrices = parts.map(([projection, rows]) => part(projection, 'weight', rows));
      weights.push({ name, tensor: await reader.interleaved(matrices, count, d), unitRows });
      const biases = parts.map(([projection, rows]) => part(projection, 'bias', rows));
      const bias = await reader.interleavedVectors(biases, count);
      if (bias) weights.push({ name: `${name}Bias`, tensor: bias, unitRows });
    }
    const output = await reader.matrix(projectionName(layer, 'o', 'weight'), [d, count * G * h], true);
    weights.push({ name: 'output', tensor: output, unitRows: G * h });
    const { groupGate, queryKeyNorm } = architecture;
    const units = reader.scope(
      () => new GatedUnits(block, new ArrangedWeights(count, weights), groupGate === 'key-value'),
    );
    const norm = new GainedNorm(await reader.vector(normName(layer, 'attention'), d));
    const factors = new SublayerFactors((groups) => attentionMatrices(config, groups), reader.narrow);
    return new AttentionLayer(block, functions, units, norm, factors, {
      outputBias: await reader.optionalVector(projectionName(layer, 'o', 'bias'), d),
      queryKeyNorm: queryKeyNorm ? await AttentionLayer.headNorms(reader, layer, h, G) : undefined,
    });
  }

  /** The norm weights of a group's heads, `[G + 1, 1, h]`: the query's once for each, then the key's. */
  private static async headNorms(
    reader: WeightReader,
    layer: number,
    h: number,
    G: number,
  ): Promise<tf.Tensor> {
    const query = await reader.vector(normName(layer, 'query'), h);
    const key = await reader.vector(normName(layer, 'key'), h);
    const norms = reader.scope(() =>
      tf.tidy(() => tf.reshape(tf.concat([tf.tile(query, [G]), key]), [G + 1, 1, h])),
    );
    tf.dispose([query, key]);
    return norms;
  }

  get arrangement() {
    return this.units.weights.current;
  }

  setGates(gates: Float32Array, units: NonNullable<GradientOptions['units']>): void {
    this.units.set(gates, units);
  }

  forward(x: tf.Tensor, rotary: RotaryTable, visible?: tf.Tensor): tf.Tensor {
    return this.functions.infer({ ...this.inputs(x, rotary, false), visible }).y;
  }

  forwardSaving(x: tf.Tensor, rotary: RotaryTable, pruned: boolean): { y: tf.Tensor; saved: Saved } {
    const { y, ...saved } = this.functions.forward(this.inputs(x, rotary, pruned));
    return { y, saved };
  }

  /** Forward with the gated keys and values of earlier tokens; returns those of all tokens so far. */
  forwardCached(
    x: tf.Tensor,
    rotary: RotaryTable,
    past: KeyValues | undefined,
  ): { y: tf.Tensor } & KeyValues {
    const inputs = this.inputs(x, rotary, false);
    const { y, gatedKey, gatedValue } = this.functions.cached({
      ...inputs,
      pastKey: past?.key,
      pastValue: past?.value,
    });
    return { y, key: gatedKey, value: gatedValue };
  }

  backward(
    dy: tf.Tensor,
    x: tf.Tensor,
    rotary: RotaryTable,
    saved: Saved,
    wanted: WantedGradients,
  ): SublayerGradients {
    const { weights } = this.units;
    const { backward, backwardNorm, lastBackward } = this.functions;
    const run = wanted.norm ? backwardNorm : wanted.input ? backward : lastBackward;
    const { dx, dzC, dzP, dNorm, dFactors } = run({
      ...(saved as AttentionSaved),
      dy,
      x,
      norm: this.norm.weight,
      factors: this.factors.values,
      cos: rotary.cos,
      sin: rotary.sin,
      queryKeyC: weights.computed('queryKey')!,
      valueC: weights.computed('value')!,
      outputC: weights.computed('output')!,
      z: this.units.gates,
      queryKeyNorm: this.shared.queryKeyNorm,
      outputP: saved.valuesP ? weights.pruned('output') : undefined,
    });
    const dz = dzP ? tf.concat([dzC, dzP]) : dzC;
    return { dx, dz, dGain: dNorm && this.norm.gainGradient(dNorm), dFactors };
  }

  run<T>(work: () => T): T {
    return work();
  }

  outputInputs(x: tf.Tensor, rotary: RotaryTable): tf.Tensor {
    return this.functions.mixed(this.inputs(x, rotary, false)).mixed;
  }

  get outputMatrix(): tf.Tensor {
    return this.units.weights.computed('output')!;
  }

  get outputBias(): tf.Tensor | undefined {
    return this.shared.outputBias;
  }

  setOutputMatrix(matrix: tf.Tensor): void {
    this.units.weights.replace('output', matrix);
  }

  dispose(): void {
    this.units.dispose();
    this.norm.dispose();
    this.factors.dispose();
    for (const tensor of Object.values(this.shared)) tensor?.dispose();
  }

  private inputs(x: tf.Tensor, rotary: RotaryTable, pruned: boolean): AttentionInputs {
    const { weights } = this.units;
    return {
      x,
      norm: this.norm.weight,
      factors: this.factors.values,
      cos: rotary.cos,
      sin: rotary.sin,
      queryKeyC: weights.computed('queryKey')!,
      valueC: weights.computed('value')!,
      outputC: weights.computed('output')!,
      z: this.units.gates,
      queryKeyBiasC: weights.computed('queryKeyBias'),
      valueBiasC: weights.computed('valueBias'),
      outputBias: this.shared.outputBias,
      queryKeyNorm: this.shared.queryKeyNorm,
      valueP: pruned ? weights.pruned('value') : undefined,
      valueBiasP: pruned ? weights.pruned('valueBias') : undefined,
    };
  }
}
