import type { UnitBlock } from '@grasp/budget';
import * as tf from '@tensorflow/tfjs-core';
import { type AttentionInputs, type AttentionSaved, attentionMatrices } from '../math/attention-shape.js';
import type { MatrixSize } from '../math/lora.js';
import type { RotaryTable } from '../math/rotary.js';
import type { DecoderConfig } from '../spec/config.js';
import type { Permutation } from '../weights/permutation.js';
import { PermutedWeights, type UnitWeight } from '../weights/permuted-weights.js';
import { normName, type ProjectionName, projectionName } from '../weights/tensor-names.js';
import type { WeightReader } from '../weights/weight-reader.js';
import type { AttentionFunctions } from './attention-functions.js';
import type {
  KeyValues,
  Saved,
  Sublayer,
  SublayerGradients,
  SublayerParameters,
  SublayerTensors,
  WantedGradients,
} from './sublayer.js';
import {
  disposeWeights,
  replaceOutputRows,
  type SublayerWeights,
  scaleGradient,
  sublayerTensors,
} from './sublayer-weights.js';

/** One layer's attention: the weights of its KV groups, one run of rows a group, and its passes. */
export class AttentionLayer implements Sublayer {
  readonly canSkipPruned: boolean;

  private constructor(
    readonly block: UnitBlock,
    private readonly functions: AttentionFunctions,
    private readonly config: DecoderConfig,
    private readonly weights: SublayerWeights,
    /** Norm weights of a group's heads, `[G + 1, 1, h]`: the query's once for each, then the key's. */
    private readonly queryKeyNorm: tf.Tensor | undefined,
  ) {
    this.canSkipPruned = config.architecture.groupGate === 'key-value';
  }

  static async load(
    reader: WeightReader,
    config: DecoderConfig,
    block: UnitBlock,
    functions: AttentionFunctions,
  ): Promise<AttentionLayer> {
    const { layer, count } = block;
    const { hiddenSize: d, headDim: h, queriesPerKvHead: G } = config;
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
    const shared = {
      norm: await reader.vector(normName(layer, 'attention'), d),
      outputBias: await reader.optionalVector(projectionName(layer, 'o', 'bias'), d),
      units: reader.scope(() => new PermutedWeights(count, weights)),
      narrow: reader.narrow,
    };
    const { queryKeyNorm } = config.architecture;
    const headNorms = queryKeyNorm ? await readHeadNorms(reader, layer, h, G) : undefined;
    return new AttentionLayer(block, functions, config, shared, headNorms);
  }

  get outputMatrix(): tf.Tensor {
    return this.weights.units.computed('output')!;
  }

  get outputBias(): tf.Tensor | undefined {
    return this.weights.outputBias;
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

  forward(x: tf.Tensor, tensors: SublayerTensors, rotary: RotaryTable, visible?: tf.Tensor): tf.Tensor {
    return this.functions.infer({ ...this.inputs(x, tensors, rotary, false), visible }).y;
  }

  forwardSaving(
    x: tf.Tensor,
    tensors: SublayerTensors,
    rotary: RotaryTable,
    pruned: boolean,
  ): { y: tf.Tensor; saved: Saved } {
    const { y, ...saved } = this.functions.forward(this.inputs(x, tensors, rotary, pruned));
    return { y, saved };
  }

  /** Forward with the gated keys and values of earlier tokens. Returns those of all tokens so far. */
  forwardCached(
    x: tf.Tensor,
    tensors: SublayerTensors,
    rotary: RotaryTable,
    past: KeyValues | undefined,
  ): { y: tf.Tensor } & KeyValues {
    const inputs = this.inputs(x, tensors, rotary, false);
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
    tensors: SublayerTensors,
    rotary: RotaryTable,
    saved: Saved,
    wanted: WantedGradients,
  ): SublayerGradients {
    const { units, norm } = this.weights;
    const { backward, backwardTuning, lastBackward } = this.functions;
    const run = wanted.tuning ? backwardTuning : wanted.input ? backward : lastBackward;
    const { dx, dzC, dzP, dNorm, dLora } = run({
      ...(saved as AttentionSaved),
      dy,
      x,
      norm: tensors.norm,
      lora: tensors.lora,
      cos: rotary.cos,
      sin: rotary.sin,
      queryKeyC: units.computed('queryKey')!,
      valueC: units.computed('value')!,
      outputC: units.computed('output')!,
      z: tensors.z,
      queryKeyNorm: this.queryKeyNorm,
      outputP: saved.valuesP ? units.pruned('output') : undefined,
    });
    const dz = dzP ? tf.concat([dzC, dzP]) : dzC;
    return { dx, dz, dNormScales: dNorm && scaleGradient(dNorm, norm), dLora };
  }

  run<T>(work: () => T): T {
    return work();
  }

  outputInputs(x: tf.Tensor, tensors: SublayerTensors, rotary: RotaryTable): tf.Tensor {
    return this.functions.mixed(this.inputs(x, tensors, rotary, false)).mixed;
  }

  replaceOutputRows(rows: Uint32Array, values: Float32Array): void {
    replaceOutputRows(this.functions.runtime, this.weights, 'output', rows, values);
  }

  dispose(): void {
    disposeWeights(this.weights);
    this.queryKeyNorm?.dispose();
  }

  private inputs(
    x: tf.Tensor,
    tensors: SublayerTensors,
    rotary: RotaryTable,
    pruned: boolean,
  ): AttentionInputs {
    const { units, outputBias } = this.weights;
    return {
      x,
      norm: tensors.norm,
      lora: tensors.lora,
      cos: rotary.cos,
      sin: rotary.sin,
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

async function readHeadNorms(reader: WeightReader, layer: number, h: number, G: number): Promise<tf.Tensor> {
  const query = await reader.vector(normName(layer, 'query'), h);
  const key = await reader.vector(normName(layer, 'key'), h);
  const norms = reader.scope(() =>
    tf.tidy(() => tf.reshape(tf.concat([tf.tile(query, [G]), key]), [G + 1, 1, h])),
  );
  tf.dispose([query, key]);
  return norms;
}
