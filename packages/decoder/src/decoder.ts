import type { Layout } from '@grasp/budget';
import type { DefiniteSolver, RefitModel, RefitStep, RefitWalk } from '@grasp/fold';
import type { GatedModel, GradientOptions, LossAndGradients } from '@grasp/gates';
import type { DecoderParts } from './decoder-parts.js';
import { DecoderView } from './decoder-view.js';
import { type DistilGradients, distilGradients } from './gradients/distil-gradients.js';
import type { ContinuationGroup } from './inference/continuations.js';
import { siteNames } from './observation/sites.js';
import { loraScales } from './recovery/lora-scales.js';
import { type RefittedRows, refitWalk } from './recovery/refit-walk.js';
import type { DecoderConfig } from './spec/config.js';
import type { DecoderParameters } from './spec/parameters.js';
import { checkBatch, type TokenBatch } from './token-batch.js';
import type { TrainingBatch } from './training/training-batch.js';
import type { TrainingOptions } from './training/training-options.js';
import { WeightTraining } from './training/weight-training.js';

/**
 * A pretrained decoder whose FFN channels and KV groups carry gates. It holds weights only: questions about it go to a
 * view, `decoder.under({ gates, norms, lora })`. The dense model is `decoder.under({})`.
 */
export class Decoder implements GatedModel<TokenBatch>, RefitModel<TokenBatch> {
  /** See `loadDecoder`. */
  constructor(private readonly parts: DecoderParts) {}

  get config(): DecoderConfig {
    return this.parts.config;
  }

  /** Units in the order of gate vectors and gradients. */
  get layout(): Layout {
    return this.parts.layout;
  }

  /** Maximum sequence length, in tokens. */
  get contextLength(): number {
    return this.config.contextLength;
  }

  /** Names of the tensors that `DecoderView.observe` can pass on, from the bottom up. */
  get sites(): readonly string[] {
    return siteNames(this.parts);
  }

  /** Solves the refit's normal equations, if the backend has a faster solver than ours. */
  get solveDefinite(): DefiniteSolver | undefined {
    return this.parts.runtime.solveDefinite;
  }

  /**
   * The decoder under fixed parameters. Cheap; any number of views may be open at the same time.
   *
   * @param parameters copied.
   * @throws DecoderInputError if a vector has another length than the model asks for.
   */
  under(parameters: DecoderParameters = {}): DecoderView {
    return new DecoderView(this.parts, parameters);
  }

  /** `under({ gates }).lossAndGradients(batch, ['gates'], options)`, as `GatedModel` asks for it. */
  async lossAndGateGradients(
    batch: TokenBatch,
    gates: Float32Array,
    options?: GradientOptions,
  ): Promise<LossAndGradients> {
    const { loss, gradients } = await this.under({ gates }).lossAndGradients(batch, ['gates'], options);
    return { loss, gradients: gradients.gates };
  }

  /** The dense model's `negLogLikelihood`, see `DecoderView`. */
  negLogLikelihood(batch: TokenBatch): Promise<Float32Array> {
    return this.under().negLogLikelihood(batch);
  }

  /** The dense model's `scoreContinuations`, see `DecoderView`. */
  scoreContinuations(groups: readonly ContinuationGroup[]): Promise<Float64Array[]> {
    return this.under().scoreContinuations(groups);
  }

  /**
   * Walks the sublayers for `refitOutputs` of `@grasp/fold`. When the walk ends, all output matrices are replaced at
   * once; questions that are still open then end with a `DecoderStateError`. A walk that is left early changes nothing.
   *
   * Memory per batch: a float32 tensor `[N, d]`, two with compensation, and the inputs of one output matrix.
   *
   * @param batches `[rows, length]` token ids; a few rows at a time keep the cores busy.
   */
  async *refit(
    batches: readonly TokenBatch[],
    mask: Uint8Array,
    walk: RefitWalk,
  ): AsyncGenerator<RefitStep, void, undefined> {
    for (const batch of batches) checkBatch(this.config, batch, walk.teacherBatches > 0 ? 2 : 1);
    const refitted: RefittedRows[] = [];
    yield* refitWalk(this.parts, batches, mask, walk, refitted);
    for (const { sublayer, rows, values } of refitted) sublayer.replaceOutputRows(rows, values);
    this.parts.state.edition++;
  }

  /**
   * The learning rates of LoRA factors relative to one another, from the sizes of the weights: see `loraScales`.
   *
   * @param mask 1 for each kept unit.
   * @returns one for each entry of the factors, in the order of `initialLora`.
   */
  loraScales(mask: Uint8Array, rank: number): Promise<Float32Array> {
    return loraScales(this.parts, mask, rank);
  }

  /**
   * Begins to train all weights of the decoder. Memory: 12 bytes per trained weight, 8 in float32; while a step runs, also
   * its gradients, which take the place of activations.
   */
  training(options: TrainingOptions = {}): WeightTraining {
    return new WeightTraining(this.parts, options);
  }

  /**
   * Losses of a distillation and its gradients in norm scales and LoRA factors. The batches go through the model one after
   * another and count as one; the loss is the mean over all tokens that count.
   *
   * @throws NonFiniteActivationError; DecoderInputError for a batch that does not fit, or parameters without LoRA.
   */
  distilGradients(
    parameters: DecoderParameters,
    batches: readonly TrainingBatch[],
  ): Promise<DistilGradients> {
    return distilGradients(this.parts, parameters, batches);
  }

  /** Frees all tensors. The decoder cannot be used afterwards. */
  dispose(): void {
    const { head, sublayers, positions, state } = this.parts;
    head.dispose();
    for (const sublayer of sublayers) sublayer.dispose();
    positions.dispose();
    state.disposed = true;
  }
}
