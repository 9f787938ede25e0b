import type { AdamWSettings } from './adamw.js';
import type { WeightKind } from './trained-weights.js';

export interface TrainingOptions extends Partial<AdamWSettings> {
  /** Largest norm of all gradients together; larger ones are scaled down to it. Default: no limit. */
  readonly clip?: number;
  /** Whether the embedding and the head are trained too. Default true. */
  readonly embedding?: boolean;
  /**
   * Whether the learning rates of matrices and biases are relative too: to the root mean square of the entries of each, when
   * training begins. Models differ tenfold in it. Default false.
   */
  readonly relative?: boolean;
}

/** A learning rate for each kind of weight. That of a norm is relative: norms are trained by factors. */
export type LearningRates = Readonly<Record<WeightKind, number>>;

/** What a step did. */
export interface TrainingStep {
  /** Mean negative log-likelihood of the next tokens, in nats, before the update. */
  readonly nll: number;
  /** Mean divergence from the teacher; undefined without a teacher. */
  readonly kl: number | undefined;
  /** Norm of all gradients together, before clipping. */
  readonly gradientNorm: number;
}
