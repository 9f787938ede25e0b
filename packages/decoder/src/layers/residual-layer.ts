import type { UnitBlock } from '@grasp/budget';
import * as tf from '@tensorflow/tfjs-core';
import type { MatrixSize } from '../math/lora.js';
import type { NamedTensors } from '../runtime/named-function.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Permutation } from '../weights/permutation.js';
import type { Positions } from './rotary-positions.js';
import type {
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
  replaceOutputRows,
  replaceWeights,
  type SublayerWeights,
  scaleGradients,
  sublayerTensors,
  tensorMap,
} from './sublayer-weights.js';

/** What a backward pass returns. */
interface GateGradients {
  readonly dx?: tf.Tensor;
  readonly dzC: tf.Tensor; //  [C] computed units
  readonly dzP?: tf.Tensor; // [P] pruned units
  readonly dNorm?: tf.Tensor;
  readonly dPostNorm?: tf.Tensor;
  readonly dLora?: tf.Tensor;
  readonly dWeights?: tf.Tensor;
}

/** The passes of a kind of sublayer. */
interface Passes<Inputs, GradientInputs> {
  readonly runtime: Runtime;
  /** Forward, keeping what the backward passes need. */
  forward(inputs: Inputs): { readonly y: tf.Tensor } & NamedTensors;
  backward(inputs: GradientInputs): GateGradients;
  backwardTuning(inputs: GradientInputs): GateGradients;
  backwardWeights(inputs: GradientInputs): GateGradients;
  /** The gradients of the input, and of all weights by their names. */
  backwardTraining(inputs: GradientInputs): { readonly dx?: tf.Tensor | undefined } & NamedTensors;
  /** Without the gradient of the input, if that saves anything. */
  lastBackward?(inputs: GradientInputs): GateGradients;
}

/** What attention and FFN have in common: weights that lie unit by unit, and one output matrix that writes to the stream. */
export abstract class ResidualLayer<
  Inputs extends NamedTensors,
  GradientInputs extends NamedTensors,
  Functions extends Passes<Inputs, GradientInputs>,
> implements Sublayer
{
  readonly norms: number;
  abstract readonly prunedUnits: PrunedUnits;

  /** @param output name of the output matrix among the weights of units. */
  protected constructor(
    readonly block: UnitBlock,
    protected readonly functions: Functions,
    protected readonly weights: SublayerWeights,
    private readonly output: string,
  ) {
    this.norms = normsOf(weights);
  }

  /** Inputs of the forward passes besides `x`. `pruned`: also for the gate gradients of pruned units. */
  protected abstract operands(
    tensors: SublayerTensors,
    positions: Positions,
    pruned: boolean,
  ): Omit<Inputs, 'x'>;

  /** Inputs of the backward passes, from those of the forward pass and what it saved. */
  protected abstract gradientInputs(inputs: Inputs, saved: Saved, dy: tf.Tensor): GradientInputs;

  abstract matrices(units: number): readonly MatrixSize[];
  abstract forward(
    x: tf.Tensor,
    tensors: SublayerTensors,
    positions: Positions,
    visible?: VisibleKeys,
  ): tf.Tensor;
  abstract step(x: tf.Tensor, tensors: NamedTensors): { readonly y: tf.Tensor };
  abstract outputInputs(x: tf.Tensor, tensors: SublayerTensors, positions: Positions): tf.Tensor;

  stepTensors(tensors: SublayerTensors, positions: Positions): NamedTensors {
    return this.operands(tensors, positions, false);
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

  backward(
    dy: tf.Tensor,
    x: tf.Tensor,
    tensors: SublayerTensors,
    positions: Positions,
    saved: Saved,
    wanted: WantedGradients,
  ): SublayerGradients {
    const inputs = this.gradientInputs(this.inputs(x, tensors, positions, false), saved, dy);
    const { dx, dzC, dzP, dLora, dWeights, ...norms } = this.pass(wanted)(inputs);
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
    const inputs = this.gradientInputs(this.inputs(x, tensors, positions, false), saved, dy);
    const { dx, ...gradients } = this.functions.backwardTraining(inputs);
    return { dx: dx!, gradients: tensorMap(gradients) };
  }

  get outputMatrix(): tf.Tensor {
    return this.weights.units.computed(this.output)!;
  }

  get outputBias(): tf.Tensor | undefined {
    return this.weights.others.outputBias;
  }

  async rootMeanSquares(): Promise<number[]> {
    const { bfloat16 } = this.functions.runtime;
    const widen = (matrix: tf.Tensor) => bfloat16?.toFloat32(matrix) ?? matrix;
    const meanSquare = (matrix: tf.Tensor) => tf.mean(tf.square(widen(matrix)));
    // Units in their own order, so that the last bit of a sum does not depend on earlier masks.
    const matrices = [...this.weights.units.all().values()].filter(({ rank }) => rank === 2);
    const squares = tf.tidy(() => matrices.map(meanSquare));
    const means = await Promise.all(squares.map((mean) => mean.data<'float32'>()));
    tf.dispose(squares);
    return means.map(([mean]) => Math.sqrt(mean!));
  }

  permute(permutation: Permutation): void {
    this.weights.units.permute(permutation);
  }

  prepare(parameters: SublayerParameters): SublayerTensors {
    return sublayerTensors(this.weights, parameters);
  }

  run<T>(work: () => T): T {
    return work();
  }

  replaceOutputRows(rows: Uint32Array, values: Float32Array): void {
    replaceOutputRows(this.functions.runtime, this.weights, this.output, rows, values);
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

  protected inputs(x: tf.Tensor, tensors: SublayerTensors, positions: Positions, pruned: boolean): Inputs {
    return { x, ...this.operands(tensors, positions, pruned) } as unknown as Inputs;
  }

  private pass({ input, tuning, weights }: WantedGradients): (inputs: GradientInputs) => GateGradients {
    const { backward, backwardTuning, backwardWeights, lastBackward } = this.functions;
    if (weights) return backwardWeights;
    if (tuning) return backwardTuning;
    return input ? backward : (lastBackward ?? backward);
  }
}
