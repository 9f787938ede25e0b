import type { GradientOptions, GroupGradients } from '@grasp/gates';
import type * as tf from '@tensorflow/tfjs-core';
import type { DecoderParts } from './decoder-parts.js';
import { lossAndGradients } from './gradients/loss-and-gradients.js';
import { type OutputGradients, outputGradients } from './gradients/output-gradients.js';
import { unitProducts, type WeightProducts } from './gradients/unit-products.js';
import {
  type ContinuationGroup,
  checkGroup,
  continuationBatch,
  endingScores,
} from './inference/continuations.js';
import { endingLikelihoods } from './inference/ending-likelihoods.js';
import {
  type GenerateOptions,
  type GenerateRowsOptions,
  generateRows,
  generateTokens,
} from './inference/generate.js';
import { Generation } from './inference/generation.js';
import { hiddenStates } from './inference/hidden-states.js';
import { type Pass, PreparedLayers } from './layers/prepared-layers.js';
import { checkLengths, splitParameters } from './layers/split-parameters.js';
import type { TeacherLogits } from './math/head/distillation.js';
import { inputMoments } from './observation/input-moments.js';
import { observe, type TakeObserved } from './observation/observe.js';
import type { SublayerMoments } from './observation/sublayer-moments.js';
import { readTensor } from './runtime/read-tensor.js';
import type { DecoderParameters, ParameterName } from './spec/parameters.js';
import { checkBatch, splitTargets, type TokenBatch } from './token-batch.js';

/**
 * A decoder under fixed parameters: gates or a mask, norm scales, LoRA. Immutable and cheap. Any number of views of one
 * decoder may be open and asked at the same time; none sees the parameters of another.
 */
export class DecoderView {
  private readonly parameters: DecoderParameters;

  /** See `Decoder.under`. */
  constructor(
    private readonly parts: DecoderParts,
    { gates, norms, lora }: DecoderParameters,
  ) {
    this.parameters = { gates: gates?.slice(), norms: norms?.slice(), lora: lora?.slice() };
    checkLengths(parts, { gates, norms });
  }

  /** Maximum sequence length, in tokens. */
  get contextLength(): number {
    return this.parts.config.contextLength;
  }

  /**
   * Mean next-token cross entropy of a batch, and its gradients in the named parameter groups (GRASPrune, equation 6,
   * for gates).
   *
   * @param batch `[rows, length]` token ids; each row's `length − 1` continuations are the targets.
   * @param groups `gates` (one entry per unit, layout order), `norms`, `lora`: vectors as in `DecoderParameters`.
   * @param options `units`: `kept` skips the gate gradients of pruned units, which are then 0.
   * @throws DecoderInputError for a batch that does not fit, or `lora` of a view without LoRA.
   * @throws NonFiniteActivationError naming the layer.
   */
  lossAndGradients<Group extends ParameterName>(
    batch: TokenBatch,
    groups: readonly Group[],
    options: GradientOptions = {},
  ): Promise<GroupGradients<Group>> {
    return lossAndGradients(this.parts, this.parameters, batch, groups, options);
  }

  /**
   * Weight times gradient of the units' matrices, summed over rows, for the mean loss of one batch. The gradient of a
   * matrix is held only until its sums are taken. Biases are not part of the sums.
   *
   * @throws DecoderInputError, NonFiniteActivationError as `lossAndGradients`.
   */
  weightProducts(batch: TokenBatch): Promise<{ loss: number; products: readonly WeightProducts[] }> {
    return unitProducts(this.parts, this.parameters, batch);
  }

  /**
   * Gate gradients as `lossAndGradients`, and in the same pass the second moments of the gradients at the sublayers'
   * outputs, with any post norm. Throws as `lossAndGradients`.
   */
  outputGradients(batch: TokenBatch): Promise<OutputGradients> {
    return outputGradients(this.parts, this.parameters, batch);
  }

  /**
   * Targets for a student with the same head: for each target the mean row of the head under this model's prediction,
   * float32 `[rows · (length − 1), d]`. See `TeacherTargets`.
   */
  async teacherRows(batch: TokenBatch): Promise<Float32Array> {
    checkBatch(this.parts.config, batch, 2);
    const { inputs, tokens } = splitTargets(batch);
    const { head, positions } = this.parts;
    return this.ask((passes, norm) =>
      head.teacherRows(hiddenStates(head, passes, inputs, positions.range(0, tokens, batch.shape[1])), norm),
    );
  }

  /**
   * What this model predicts for each target of a batch: its `k` most likely tokens, with their log-probabilities. A
   * student of any shape with the same vocabulary can learn from them, see `TrainingBatch`.
   */
  async topLogits(batch: TokenBatch, k: number): Promise<TeacherLogits> {
    checkBatch(this.parts.config, batch, 2);
    const { inputs, tokens } = splitTargets(batch);
    const { head, positions, config } = this.parts;
    const tensors = await this.askAll((passes, norm) => {
      const x = hiddenStates(head, passes, inputs, positions.range(0, tokens, batch.shape[1]));
      return head.topLogits(x, norm, Math.min(k, config.vocabSize));
    });
    return { ids: Int32Array.from(tensors.ids), logProbabilities: tensors.logProbabilities };
  }

  /**
   * Negative log-likelihood of each token given those before it, in nats.
   *
   * @returns float32 `[rows, length − 1]`; entry `t` of a row is that of its token `t + 1`.
   */
  async negLogLikelihood(batch: TokenBatch): Promise<Float32Array> {
    checkBatch(this.parts.config, batch, 2);
    const { inputs, targets, tokens } = splitTargets(batch);
    const { head, positions } = this.parts;
    return this.ask((passes, norm) =>
      head.negLogLikelihood(
        hiddenStates(head, passes, inputs, positions.range(0, tokens, batch.shape[1])),
        norm,
        targets,
      ),
    );
  }

  /** Logits of every position, float32 `[rows, length, V]`. They are held whole, so use small batches. */
  async logits(batch: TokenBatch): Promise<Float32Array> {
    checkBatch(this.parts.config, batch, 1);
    const { head, positions } = this.parts;
    return this.ask((passes, norm) =>
      head.logits(hiddenStates(head, passes, batch.ids, positions.range(0, batch.shape[1])), norm),
    );
  }

  /** Continues a prompt with a key-value cache. Stops after `maxTokens`, at a `stop` token, or when the context is full. */
  generate(prompt: Int32Array, options: GenerateOptions): AsyncGenerator<number, void> {
    return generateTokens(this.generation({ ids: prompt, shape: [1, prompt.length] }), options);
  }

  /**
   * Continues several prompts of one length, one token of each per step: many rows keep the cores busy, while one row is
   * bound by reading the weights. Stops when the caller stops iterating or the context is full. Memory: float32 keys and
   * values of all rows.
   *
   * @param prompts `[rows, length]`.
   */
  generateRows(prompts: TokenBatch, { top, choose }: GenerateRowsOptions): AsyncGenerator<Int32Array, void> {
    return generateRows(this.generation(prompts), Math.min(top, this.parts.config.vocabSize), choose);
  }

  /**
   * Log-likelihoods of several endings of each context. All groups are read together, one row each; no ending sees another.
   *
   * @returns for each group, the sum over each ending's tokens, in nats.
   * @throws DecoderInputError if a context with an ending exceeds the model's context.
   */
  async scoreContinuations(groups: readonly ContinuationGroup[]): Promise<Float64Array[]> {
    for (const group of groups) checkGroup(this.parts.config, group);
    const batch = continuationBatch(groups);
    const nll = await this.ask((passes, norm) => endingLikelihoods(this.parts, passes, norm, batch));
    return endingScores(groups, nll);
  }

  /**
   * Passes named tensors of a forward pass to the caller, batch by batch and from the bottom up. `N`: tokens of a batch.
   *
   * | site | tensor |
   * | --- | --- |
   * | `layers.3.before`, `.after`, also of `layers.3.attention` and `layers.3.ffn` | residual stream, `[N, d]` |
   * | `layers.3.attention.normed`, `layers.3.ffn.normed` | what the first matrices read, `[N, d]` |
   * | `layers.3.attention.heads`, `layers.3.ffn.hidden` | inputs of `o_proj`, `down_proj`: `[N, heads · h]`, `[N, channels]` |
   * | `layers.3.attention.output`, `layers.3.ffn.output` | what is added to the stream, with any post norm: `[N, d]` |
   *
   * Units are in layout order. The columns of removed units are 0.
   *
   * @param sites `*` matches any characters: `layers.*.ffn.hidden`.
   * @throws DecoderInputError for a site that is not in `Decoder.sites`, or a batch that does not fit.
   */
  observe(batches: Iterable<TokenBatch>, sites: readonly string[], take: TakeObserved): Promise<void> {
    return observe(this.parts, this.parameters, batches, sites, take);
  }

  /**
   * Second moments of the inputs of the output matrices, `[U·w, U·w]` with units in layout order, one matrix at a time from
   * the bottom up. All batches go through one sublayer before the next. Memory: a float32 tensor `[N, d]` of each batch, and
   * the sums of one matrix.
   *
   * @throws DecoderInputError for a batch that does not fit.
   */
  inputMoments(batches: readonly TokenBatch[]): AsyncGenerator<SublayerMoments, void, undefined> {
    return inputMoments(this.parts, this.parameters, batches);
  }

  private generation(prompts: TokenBatch): Generation {
    return new Generation(this.parts, this.parameters, prompts);
  }

  /** Computes one tensor in a synchronous run and reads it. */
  private async ask(compute: (passes: readonly Pass[], norm: tf.Tensor) => tf.Tensor): Promise<Float32Array> {
    return (await this.askAll((passes, norm) => ({ answer: compute(passes, norm) }))).answer;
  }

  /** The same for several tensors by name. */
  private async askAll<Name extends string>(
    compute: (passes: readonly Pass[], norm: tf.Tensor) => Record<Name, tf.Tensor>,
  ): Promise<Record<Name, Float32Array>> {
    const layers = new PreparedLayers(this.parts, splitParameters(this.parts, this.parameters, 'kept'));
    try {
      const tensors = layers.run((passes) => compute(passes, layers.norm));
      const names = Object.keys(tensors) as Name[];
      const values = await Promise.all(names.map((name) => readTensor(tensors[name])));
      return Object.fromEntries(names.map((name, i) => [name, values[i]])) as Record<Name, Float32Array>;
    } finally {
      layers.dispose();
    }
  }
}
