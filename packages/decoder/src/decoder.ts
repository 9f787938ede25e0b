import type { Layout } from '@grasp/budget';
import type { DefiniteSolver, OutputProblem, RefitModel } from '@grasp/fold';
import type { GatedModel, GradientOptions, LossAndGradients } from '@grasp/gates';
import * as tf from '@tensorflow/tfjs-core';
import { backpropagate, inLayoutOrder } from './gradients/backpropagation.js';
import type { DecoderConfig } from './spec/config.js';
import {
  type ContinuationBatch,
  type ContinuationGroup,
  checkGroup,
  continuationBatch,
  endingScores,
} from './inference/continuations.js';
import { DecoderInputError } from './errors.js';
import { type ExpectedRowsTaker, predictingStates } from './recovery/teacher-targets.js';
import { setGains } from './gained-norm.js';
import { GrowingRows } from './inference/generation.js';
import type { LanguageHead } from './layers/language-head.js';
import { nonFiniteError } from './gradients/non-finite.js';
import { outputProblems } from './recovery/refit-walk.js';
import { type RotaryTable, rotaryOf } from './math/rotary.js';
import { RotaryPositions } from './layers/rotary-positions.js';
import type { Runtime } from './runtime/runtime.js';
import type { Sublayer } from './layers/sublayer.js';
import { factorsOfKept, setFactors } from './sublayer-factors.js';
import { checkBatch, splitTargets, type TokenBatch } from './token-batch.js';

/** All that can be tuned of a pruned decoder, and the shape of its gradients. */
export interface Tuning {
  /** One for each unit, 0 where removed. */
  readonly gates: Float32Array;
  /** One for each entry of each norm. */
  readonly gains: Float32Array;
  /** Of corrections to the kept units' matrices, of any rank. */
  readonly factors?: Float32Array | undefined;
}

/** The likeliest next tokens, from the likeliest on. */
export interface LikelyTokens {
  readonly logits: Float32Array;
  readonly ids: Int32Array;
}

/**
 * A pretrained decoder whose FFN channels and KV groups carry gates: loss with gate gradients, likelihoods,
 * logits and generation, dense or pruned alike.
 */
export class Decoder implements GatedModel<TokenBatch>, RefitModel<TokenBatch> {
  private readonly positions: RotaryPositions;
  private readonly open: Float32Array;

  constructor(
    readonly config: DecoderConfig,
    /** Units in the order of gate vectors and gradients. */
    readonly layout: Layout,
    private readonly head: LanguageHead,
    private readonly sublayers: readonly Sublayer[],
    private readonly runtime: Runtime,
  ) {
    this.positions = new RotaryPositions(config.rotary, config.headSize);
    this.open = new Float32Array(layout.size).fill(1);
  }

  /** Most tokens the model reads at once. */
  get contextLength(): number {
    return this.config.contextLength;
  }

  /** What the runtime solves a refit's least squares by, where it does. */
  get solveDefinite(): DefiniteSolver | undefined {
    return this.runtime.solveDefinite;
  }

  /**
   * Mean next-token cross entropy of the batch and dL/dz for every unit (GRASPrune, equation 6).
   *
   * @param batch `[rows, length]` token ids; each row's `length − 1` continuations are the targets.
   * @param gates one value per unit in layout order, float32.
   * @throws DecoderInputError for a batch or gates that do not fit; NonFiniteActivationError naming the layer.
   */
  async lossAndGateGradients(
    batch: TokenBatch,
    gates: Float32Array,
    { units = 'all' }: GradientOptions = {},
  ): Promise<LossAndGradients> {
    const { loss, dz } = await this.gradients(batch, gates, units);
    return { loss, gradients: dz };
  }

  /**
   * The same for all that can be tuned: gates of the kept units, a gain on each entry of each norm's weight, in the order
   * of sublayers (attention, then FFN, of each layer), the final norm last, `[d]` each, and the factors of corrections,
   * if any, in the same order. See `TunableDecoder`.
   */
  async lossAndTuningGradients(
    batch: TokenBatch,
    { gates, gains, factors }: Tuning,
  ): Promise<{ loss: number } & Tuning> {
    const { loss, dz, dGain, dFactors } = await this.gradients(batch, gates, 'kept', { gains, factors });
    return { loss, gates: dz, gains: dGain!, ...(dFactors ? { factors: dFactors } : {}) };
  }

  /**
   * What the model expects to come next: for each target the mean row of the head under its prediction, float32
   * `[rows · (length − 1), d]`. Another model with the same head is distilled from it through a batch's `expected`.
   */
  async expectedRows(batch: TokenBatch): Promise<Float32Array> {
    checkBatch(this.config, batch, 2);
    this.setGates(this.open, 'kept');
    const { inputs, tokens } = splitTargets(batch);
    return this.read(() =>
      this.head.expectedRows(this.hiddenStates(inputs, this.positions.table(0, tokens))),
    );
  }

  /**
   * Negative log-likelihood of each token given those before it, in nats.
   *
   * @returns float32 `[rows, length − 1]`; entry `t` of a row is that of its token `t + 1`.
   */
  async negLogLikelihood(
    batch: TokenBatch,
    gates: Float32Array = this.open,
    tuned?: Omit<Tuning, 'gates'>,
  ): Promise<Float32Array> {
    checkBatch(this.config, batch, 2);
    this.setGates(gates, 'kept', tuned);
    const { inputs, targets, tokens } = splitTargets(batch);
    return this.read(() =>
      this.head.negLogLikelihood(this.hiddenStates(inputs, this.positions.table(0, tokens)), targets),
    );
  }

  /** Logits of every position, float32 `[rows, length, vocabulary]`. Small batches only: they are held whole. */
  async logits(batch: TokenBatch, gates: Float32Array = this.open): Promise<Float32Array> {
    checkBatch(this.config, batch, 1);
    this.setGates(gates, 'kept');
    return this.read(() =>
      this.head.logits(this.hiddenStates(batch.ids, this.positions.table(0, batch.shape[1]))),
    );
  }

  /**
   * Continues a prompt token by token, always with the likeliest one, keeping keys and values of what was read.
   * Ends after `maxTokens`, at a `stop` token, or where the context is full.
   */
  async *generate(
    prompt: Int32Array,
    options: {
      readonly maxTokens: number;
      readonly stop?: readonly number[];
      readonly gates?: Float32Array;
      /** Picks the next token from its logits; default the likeliest. */
      readonly choose?: (logits: Float32Array) => number;
    },
  ): AsyncGenerator<number, void> {
    const choose = options.choose ?? likeliest;
    const text = this.growing({ ids: prompt, shape: [1, prompt.length] }, options.gates);
    try {
      for (let n = 0; n < options.maxTokens && text.fits; n++) {
        const next = choose(await this.read(() => text.nextLogits()));
        if (options.stop?.includes(next)) return;
        yield next;
        text.append(Int32Array.of(next));
      }
    } finally {
      text.dispose();
    }
  }

  /**
   * Continues several prompts of one length at once, a token of each in a step: many rows keep the cores busy where one
   * is bound by reading the weights. Ends where it is left, or the context is full. Memory: keys and values of all
   * rows, float32.
   *
   * @param prompts `[rows, length]`.
   * @param options `top`: how many of the likeliest tokens there are to choose from; `choose`: picks one of them, of
   *   which it is given logits and ids, likeliest first, or any other.
   */
  async *generateRows(
    prompts: TokenBatch,
    { top, choose }: { readonly top: number; readonly choose: (row: number, likely: LikelyTokens) => number },
  ): AsyncGenerator<Int32Array, void> {
    const count = Math.min(top, this.config.vocabSize);
    const text = this.growing(prompts);
    try {
      while (text.fits) {
        const { values, indices } = tf.tidy(() => ({ ...tf.topk(text.nextLogits(), count) })); // [rows, count]
        const [logits, ids] = await Promise.all([values.data<'float32'>(), indices.data<'int32'>()]);
        tf.dispose([values, indices]);
        const next = Int32Array.from({ length: text.rows }, (_, row) => {
          const [start, end] = [row * count, (row + 1) * count];
          return choose(row, { logits: logits.subarray(start, end), ids: ids.subarray(start, end) });
        });
        yield next;
        text.append(next);
      }
    } finally {
      text.dispose();
    }
  }

  /**
   * Log-likelihoods of several endings of one context. All groups are read together, a row each: the context once,
   * then its endings, of which none sees another.
   *
   * @returns for each group, the sum over each continuation's tokens, in nats.
   * @throws DecoderInputError where a context with an ending exceeds the model's.
   */
  async scoreContinuations(groups: readonly ContinuationGroup[]): Promise<Float64Array[]> {
    for (const group of groups) checkGroup(this.config, group);
    this.setGates(this.open, 'kept');
    const batch = continuationBatch(groups);
    return endingScores(groups, await this.read(() => this.endingLikelihoods(batch)));
  }

  /**
   * The least-squares problems of `refitOutputs` (`@grasp/fold`), sublayer by sublayer from the bottom up; each
   * answer serves from then on. Memory for each batch: an `[N, d]` float32 tensor, two to recover, and
   * the inputs of one output matrix.
   *
   * @param batches `[rows, length]` token ids; a few rows at a time keep the cores busy.
   * @param expected takes what {@link expectedRows} tells of the first so many batches, where something is to be
   *   recovered: the dense model has read them by then, so that only its head is left to compute.
   */
  outputProblems(
    batches: readonly TokenBatch[],
    mask: Uint8Array,
    recover = 0,
    expected: ExpectedRowsTaker = { batches: 0, take: () => {} },
  ): AsyncGenerator<OutputProblem, void, Float32Array> {
    for (const batch of batches) checkBatch(this.config, batch, expected.batches > 0 ? 2 : 1);
    const { runtime, sublayers } = this;
    const atTop = async (dense: tf.Tensor, batch: number) => {
      if (batch >= expected.batches) return;
      const { shape } = batches[batch]!;
      await expected.take(
        await this.read(() => this.head.expectedRows(predictingStates(dense, shape))),
        batch,
      );
    };
    const walk = {
      atTop,
      runtime,
      sublayers,
      size: this.layout.size,
      embed: (ids: Int32Array) => tf.tidy(() => this.head.embed(ids)),
      rotary: (tokens: number) => this.positions.table(0, tokens),
    };
    return outputProblems(walk, batches, mask, recover);
  }

  /** Frees all tensors; the decoder cannot be used after it. */
  dispose(): void {
    this.head.dispose();
    for (const sublayer of this.sublayers) sublayer.dispose();
    this.positions.dispose();
  }

  private async gradients(
    batch: TokenBatch,
    gates: Float32Array,
    units: NonNullable<GradientOptions['units']>,
    tuned?: Omit<Tuning, 'gates'>,
  ): Promise<{
    loss: number;
    dz: Float32Array;
    dGain: Float32Array | undefined;
    dFactors: Float32Array | undefined;
  }> {
    checkBatch(this.config, batch, 2);
    this.setGates(gates, units, tuned);
    const { head, sublayers } = this;
    const rotary = () => this.positions.table(0, batch.shape[1] - 1);
    const wanted = { pruned: units === 'all', norm: tuned !== undefined };
    const tensors = tf.tidy(() => ({ ...backpropagate(head, sublayers, batch, rotary(), wanted) }));
    const { nll, dz, dGain, dFactors } = tensors;
    const [losses, arranged, byGain, byFactor] = await Promise.all([
      nll.data<'float32'>(),
      dz.data<'float32'>(),
      dGain?.data<'float32'>(),
      dFactors?.data<'float32'>(),
    ]);
    tf.dispose(Object.values(tensors).filter((tensor) => tensor !== undefined));
    const loss = losses.reduce((sum, x) => sum + x, 0) / losses.length;
    if (!Number.isFinite(loss)) {
      const x = tf.tidy(() => head.embed(splitTargets(batch).inputs));
      throw await nonFiniteError(sublayers, x, rotary());
    }
    return {
      loss,
      dz: inLayoutOrder(sublayers, arranged, { size: this.layout.size, pruned: wanted.pruned }),
      dGain: byGain,
      dFactors: byFactor && factorsOfKept(sublayers, gates, byFactor),
    };
  }

  private setGates(
    gates: Float32Array,
    units: NonNullable<GradientOptions['units']>,
    { gains, factors }: Partial<Omit<Tuning, 'gates'>> = {},
  ): void {
    if (gates.length !== this.layout.size) {
      throw new DecoderInputError(
        `Gates: the model has ${this.layout.size} units, ${gates.length} gates were given.`,
      );
    }
    for (const sublayer of this.sublayers) sublayer.setGates(gates, units);
    setGains([...this.sublayers.map(({ norm }) => norm), this.head.norm], gains, this.config.hiddenSize);
    setFactors(this.sublayers, gates, factors);
  }

  /** `[N, d]` before the final norm. */
  private hiddenStates(ids: Int32Array, rotary: RotaryTable, visible?: tf.Tensor): tf.Tensor {
    let x = this.head.embed(ids);
    for (const sublayer of this.sublayers) {
      const y = sublayer.forward(x, rotary, visible);
      x.dispose();
      x = y;
    }
    return x;
  }

  /** Negative log-likelihood of each ending token, `[M]`. */
  private endingLikelihoods(batch: ContinuationBatch): tf.Tensor {
    const { tokens, positions, predictors, targets } = batch;
    const [B, T] = tokens.shape;
    const rotary = rotaryOf(this.positions.table(0, T), positions, B);
    const visible = tf.tensor3d(batch.visible, [B, T, T]);
    const x = this.hiddenStates(tokens.ids, rotary, visible); // [B·T, d]
    return this.head.negLogLikelihood(tf.gather(x, tf.tensor1d(predictors, 'int32')), targets);
  }

  private growing(prompts: TokenBatch, gates = this.open): GrowingRows {
    const { config, head, sublayers, positions } = this;
    const rows = new GrowingRows({ config, head, sublayers, positions }, prompts);
    this.setGates(gates, 'kept');
    return rows;
  }

  private async read(compute: () => tf.Tensor): Promise<Float32Array> {
    const tensor = tf.tidy(compute);
    const data = await tensor.data<'float32'>();
    tensor.dispose();
    return data;
  }
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}
