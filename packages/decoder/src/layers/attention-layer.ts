import type { UnitBlock } from '@grasp/budget';
import * as tf from '@tensorflow/tfjs-core';
import {
  type AttentionInputs,
  type AttentionSaved,
  attentionMatrices,
} from '../math/attention/attention-shape.js';
import type { MatrixSize } from '../math/lora.js';
import type { RotaryTable } from '../math/rotary.js';
import type { DecoderConfig } from '../spec/config.js';
import { headRows } from '../weights/head-rows.js';
import type { Permutation } from '../weights/permutation.js';
import { PermutedWeights, type UnitWeight } from '../weights/permuted-weights.js';
import { type ProjectionName, projectionName } from '../weights/tensor-names.js';
import type { WeightReader } from '../weights/weight-reader.js';
import type { AttentionFunctions } from './attention-functions.js';
import { readQueryKeyNorms } from './query-key-norms.js';
import type { Positions } from './rotary-positions.js';
import type {
  KeyValues,
  PrunedUnits,
  Saved,
  Sublayer,
  SublayerGradients,
  SublayerParameters,
  SublayerTensors,
  VisibleKeys,
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

/** One layer's attention: the weights of its KV groups, one run of rows a group, and its passes. */
export class AttentionLayer implements Sublayer {
  readonly prunedUnits: PrunedUnits;
  readonly norms: number;

  private constructor(
    readonly block: UnitBlock,
    private readonly functions: AttentionFunctions,
    private readonly config: DecoderConfig,
    private readonly weights: SublayerWeights,
    private readonly queryKeyNorm: tf.Tensor | undefined,
  ) {
    this.norms = [weights.norm, weights.postNorm].filter((norm) => norm !== undefined).length;
    this.prunedUnits = prunedGroups(config);
  }

  static async load(
    reader: WeightReader,
    config: DecoderConfig,
    block: UnitBlock,
    functions: AttentionFunctions,
  ): Promise<AttentionLayer> {
    const { layer, count } = block;
    const { hiddenSize: d, headDim: h, queriesPerKvHead: G } = config;
    const order = headRows(config);
    const part = (name: ProjectionName, kind: 'weight' | 'bias', rows: number) => ({
      name: projectionName(layer, name, kind),
      rows,
      order: name === 'v' ? undefined : order,
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
    const shared = {
      ...(await readNorms(reader, config, layer, 'attention')),
      outputBias: await reader.optionalVector(projectionName(layer, 'o', 'bias'), d),
      units: reader.scope(() => new PermutedWeights(count, weights)),
      narrow: reader.narrow,
    };
    const headNorms = await readQueryKeyNorms(reader, config, layer, count);
    return new AttentionLayer(block, functions, config, shared, headNorms);
  }

  get outputMatrix(): tf.Tensor {
    return this.weights.units.computed('output')!;
  }

  get outputBias(): tf.Tensor | undefined {
    return this.weights.outputBias;
  }

  /** Most keys that a query sees, itself included. */
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

  /** Forward with the gated keys and values of earlier tokens. Returns those that later tokens may see. */
  forwardCached(
    x: tf.Tensor,
    tensors: SublayerTensors,
    positions: Positions,
    past: KeyValues | undefined,
  ): { y: tf.Tensor } & KeyValues {
    const inputs = this.inputs(x, tensors, positions, false);
    const { y, gatedKey, gatedValue } = this.functions.cached({
      ...inputs,
      pastKey: past?.key,
      pastValue: past?.value,
    });
    return { y, key: this.stillSeen(gatedKey), value: this.stillSeen(gatedValue) };
  }

  /** The last keys or values `[B, K, S, h]` that the next token sees. */
  private stillSeen(x: tf.Tensor): tf.Tensor {
    const [rows, groups, length, h] = x.shape as [number, number, number, number];
    const seen = Math.min(length, (this.window ?? Infinity) - 1);
    return seen === length ? x : tf.slice(x, [0, 0, length - seen, 0], [rows, groups, seen, h]);
  }

  backward(
    dy: tf.Tensor,
    x: tf.Tensor,
    tensors: SublayerTensors,
    positions: Positions,
    saved: Saved,
    wanted: WantedGradients,
  ): SublayerGradients {
    const { units } = this.weights;
    const { backward, backwardTuning, backwardWeights, lastBackward } = this.functions;
    const run = wanted.weights
      ? backwardWeights
      : wanted.tuning
        ? backwardTuning
        : wanted.input
          ? backward
          : lastBackward;
    const { dx, dzC, dzP, dLora, dWeights, ...norms } = run({
      ...(saved as AttentionSaved),
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
      queryKeyNorm: this.queryKeyNorm,
      outputP: saved.valuesP ? units.pruned('output') : undefined,
    });
    const dz = dzP ? tf.concat([dzC, dzP]) : dzC;
    return { dx, dz, dNormScales: scaleGradients(this.weights, norms), dLora, dWeights };
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

  dispose(): void {
    disposeWeights(this.weights);
    this.queryKeyNorm?.dispose();
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
    const { units, outputBias } = this.weights;
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
      outputBias,
      queryKeyNorm: this.queryKeyNorm,
      valueP: pruned ? units.pruned('value') : undefined,
      valueBiasP: pruned ? units.pruned('valueBias') : undefined,
    };
  }
}

/** What a pruned group's gate gradient, and the outputs of the others, depend on. */
function prunedGroups({ groupGate, queryKeyNorm }: DecoderConfig): PrunedUnits {
  if (queryKeyNorm === 'all-heads') return 'computed';
  return groupGate === 'key-value' ? 'skipped' : 'computed for gradients';
}
