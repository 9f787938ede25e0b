import { type Checkpoint, convert, type TensorData } from '@grasp/checkpoint';
import * as tf from '@tensorflow/tfjs-core';
import type { DecoderParts } from '../decoder-parts.js';
import { DecoderInputError, DecoderStateError, NonFiniteGradientError } from '../errors.js';
import { nonFiniteError } from '../gradients/non-finite.js';
import { PreparedLayers } from '../layers/prepared-layers.js';
import { splitParameters } from '../layers/split-parameters.js';
import { readTensor } from '../runtime/read-tensor.js';
import { type DecoderCheckpoint, decoderCheckpoint } from '../spec/decoder-checkpoint.js';
import { splitTargets } from '../token-batch.js';
import { type AdamWSettings, adamWUpdate, updateScalars } from './adamw.js';
import { HeldState, type StateTensor } from './held-state.js';
import { type TrainedWeight, trainedWeights, type WeightOwner } from './trained-weights.js';
import { checkTrainingBatch, type TrainingBatch, tokenWeights } from './training-batch.js';
import type { LearningRates, TrainingOptions, TrainingStep } from './training-options.js';
import { type Gradients, type TrainingPass, trainingPass } from './training-pass.js';

/** Gradients of one step, of all trained weights in their order. */
type StepGradients = readonly tf.Tensor[];

/**
 * Trains all weights of a decoder by AdamW, where they lie. Weights and moments are float32; a decoder in bfloat16
 * computes with rounded copies. A step replaces all weights in one synchronous run, so no question sees half of it:
 * those that are open end with a `DecoderStateError`.
 */
export class WeightTraining {
  private readonly weights: readonly TrainedWeight[];
  private readonly states: readonly HeldState[];
  private readonly settings: AdamWSettings;
  private readonly clip: number | undefined;
  private readonly embedding: boolean;
  private readonly update: ReturnType<typeof adamWUpdate>;
  private updates = 0;
  private busy = false;

  /** See `Decoder.training`. */
  constructor(
    private readonly parts: DecoderParts,
    options: TrainingOptions,
  ) {
    const { betas = [0.9, 0.95], epsilon = 1e-8, weightDecay = 0, clip } = options;
    const { embedding = true, relative = false } = options;
    this.settings = { betas, epsilon, weightDecay };
    this.clip = clip;
    this.embedding = embedding;
    this.weights = trainedWeights(parts, embedding);
    this.states = this.weights.map((weight) => new HeldState(parts.runtime, weight, relative));
    this.update = adamWUpdate(parts.runtime, this.settings);
  }

  /** Number of updates so far. */
  get step(): number {
    return this.updates;
  }

  /** Number of entries of all trained weights. */
  get size(): number {
    return this.states.reduce((sum, { entries }) => sum + entries, 0);
  }

  /**
   * One update. The batches go through the model one after another and count as one; the loss is the mean over all
   * tokens that count.
   *
   * @throws NonFiniteActivationError, NonFiniteGradientError if the loss or a gradient is not finite. Nothing is changed
   *   then.
   * @throws DecoderInputError for a batch that does not fit; DecoderStateError if another step is running.
   */
  async train(batches: readonly TrainingBatch[], rates: LearningRates): Promise<TrainingStep> {
    if (this.busy) throw new DecoderStateError('Another training step is running. Wait for its end.');
    this.busy = true;
    try {
      const { gradients, ...step } = await this.gradientsOf(batches);
      try {
        this.apply(gradients, rates, step.gradientNorm);
      } finally {
        tf.dispose([...gradients]);
      }
      return step;
    } finally {
      this.busy = false;
    }
  }

  /**
   * The trained model: the checkpoint that the decoder was loaded from, with the current weights, each rounded to its
   * dtype once.
   */
  checkpoint(loaded: Checkpoint): DecoderCheckpoint {
    const checkpoint = decoderCheckpoint(loaded);
    const trainedAs = new Map(
      this.weights.flatMap(({ stored }, at) => stored.map((name) => [name, at] as const)),
    );
    return {
      ...checkpoint,
      read: async (name): Promise<TensorData> => {
        const info = checkpoint.tensors.get(name);
        const at = trainedAs.get(name);
        if (!info || at === undefined) return checkpoint.read(name);
        const values = await this.states[at]!.values();
        const { data } = this.weights[at]!.store(values).find((stored) => stored.name === name)!;
        return convert({ dtype: 'F32', shape: info.shape, data }, info.dtype, name);
      },
      close: () => checkpoint.close(),
    };
  }

  /** The tensors of the training's state by name, for a file. Nothing may be trained until they are read. */
  *state(): Generator<StateTensor> {
    for (const state of this.states) yield* state.tensors();
  }

  /**
   * Continues from a state. Weights are replaced one after another: ask nothing of the decoder until this ends. If it fails,
   * the decoder is of no more use.
   *
   * @param step number of updates that led to it.
   * @param read the tensors of {@link state}.
   * @throws DecoderInputError if a tensor has another size; DecoderStateError if a step is running.
   */
  async restore(step: number, read: (name: string) => Promise<Float32Array>): Promise<void> {
    if (this.busy) throw new DecoderStateError('A training step is running. Wait for its end.');
    this.busy = true;
    try {
      for (const state of this.states) await state.restore(read);
      this.updates = step;
    } finally {
      this.parts.state.edition++; // questions that were open before end, also if this fails half-way
      this.busy = false;
    }
  }

  /** Frees the moments. The decoder keeps the trained weights. */
  dispose(): void {
    for (const state of this.states) state.dispose();
  }

  /** Losses and gradients of several batches together. */
  private async gradientsOf(
    batches: readonly TrainingBatch[],
  ): Promise<TrainingStep & { readonly gradients: StepGradients }> {
    if (batches.length === 0) throw new DecoderInputError('A training step needs a batch; received none.');
    for (const batch of batches) checkTrainingBatch(this.parts.config, batch);
    const weights = tokenWeights(batches);
    const gradients: tf.Tensor[] = [];
    let [nll, kl] = [0, 0];
    try {
      for (const [at, batch] of batches.entries()) {
        const pass = await this.passOf(batch, weights[at]!, gradients);
        nll += pass.nll;
        kl += pass.kl;
      }
      const squares = await sumsOfSquares(gradients);
      const bad = squares.findIndex((sum) => !Number.isFinite(sum));
      if (bad >= 0) throw new NonFiniteGradientError(this.weights[bad]!.key);
      const gradientNorm = Math.sqrt(squares.reduce((sum, x) => sum + x, 0));
      const taught = batches.some(({ distil }) => distil !== undefined);
      return { nll, kl: taught ? kl : undefined, gradientNorm, gradients };
    } catch (error) {
      tf.dispose(gradients);
      throw error;
    }
  }

  /** Losses of one batch. Its gradients are added to `total`, which is empty at first. */
  private async passOf(
    batch: TrainingBatch,
    weights: Float32Array,
    total: tf.Tensor[],
  ): Promise<{ nll: number; kl: number }> {
    const { head, positions } = this.parts;
    const { inputs, targets, tokens } = splitTargets(batch);
    const { teacher, share = 0 } = batch.distil ?? {};
    const wanted = { next: targets, weights, teacher, share };
    const layers = new PreparedLayers(this.parts, splitParameters(this.parts, {}, 'kept'));
    try {
      const pass = layers.run((passes) => {
        const places = positions.range(0, tokens, batch.shape[1]);
        const pass = trainingPass(head, passes, layers.norm, inputs, wanted, places, this.embedding);
        return { nll: pass.nll, kl: pass.kl ?? tf.scalar(0), gradients: this.inOrder(pass) };
      });
      tf.tidy(() => {
        const sums = pass.gradients.map((own, i) => (total[i] ? tf.add(total[i], own) : own));
        tf.dispose([...total, ...pass.gradients.filter((own) => !sums.includes(own))]);
        total.splice(0, total.length, ...sums.map(tf.keep));
      });
      const [losses, divergences] = await Promise.all([readTensor(pass.nll), readTensor(pass.kl)]);
      const mean = (values: Float32Array) => values.reduce((sum, x, i) => sum + x * weights[i]!, 0);
      const [nll, kl] = [mean(losses), teacher ? mean(divergences) : 0];
      if (!Number.isFinite(nll + kl)) throw await nonFiniteError(this.parts, layers, inputs, tokens);
      return { nll, kl };
    } finally {
      layers.dispose();
    }
  }

  /** The gradients of all parameters, in the order of the weights. */
  private inOrder(pass: TrainingPass): tf.Tensor[] {
    const ofOwner = new Map<WeightOwner, Gradients>(
      this.parts.sublayers.map((sublayer, i) => [sublayer, pass.sublayers[i]!]),
    );
    return this.weights.map(({ owner, name }, i) => {
      const gradient = (ofOwner.get(owner) ?? pass.head).get(name)!;
      return owner.run(() => this.states[i]!.gradientOf(gradient));
    });
  }

  /** Replaces all weights and moments, in one synchronous run. */
  private apply(gradients: StepGradients, rates: LearningRates, norm: number): void {
    if (this.parts.state.disposed) throw new DecoderStateError('The decoder was disposed of. Load it again.');
    this.updates++;
    const factor = this.clip === undefined ? 1 : Math.min(1, this.clip / (norm + 1e-6));
    const { weightDecay } = this.settings;
    const scalars = {
      matrix: updateScalars(this.settings, this.updates, rates.matrix, weightDecay),
      bias: updateScalars(this.settings, this.updates, rates.bias, 0),
      norm: updateScalars(this.settings, this.updates, rates.norm, 0),
    };
    const clip = tf.scalar(factor);
    this.weights.forEach(({ owner, kind }, at) => {
      owner.run(() =>
        this.states[at]!.update(this.update, { gradient: gradients[at]!, clip, ...scalars[kind] }),
      );
    });
    tf.dispose([clip, ...Object.values(scalars).flatMap((of) => Object.values(of))]);
    this.parts.state.edition++;
  }
}

/** The sum of squares of each tensor. */
async function sumsOfSquares(tensors: readonly tf.Tensor[]): Promise<Float32Array> {
  return readTensor(tf.tidy(() => tf.stack(tensors.map((x) => tf.sum(tf.square(x))))));
}
