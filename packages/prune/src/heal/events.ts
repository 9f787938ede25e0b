/** One event of healing. Steps count from 1. */
export type HealEvent =
  | {
      readonly stage: 'heal';
      readonly step: number;
      readonly steps: number;
      /** Mean negative log-likelihood of the next tokens, in nats. */
      readonly nll: number;
      /** Mean divergence from the teacher; undefined without one. */
      readonly kl: number | undefined;
      readonly gradientNorm: number;
      readonly tokens: number;
    }
  | {
      /** Perplexity on the held-out blocks, after so many steps. */
      readonly stage: 'heal-held-out';
      readonly step: number;
      readonly steps: number;
      readonly perplexity: number;
      readonly tokens: number;
    };

/** A step in the record of a run. */
export interface HealedStep {
  readonly nll: number;
  readonly kl?: number;
  readonly gradientNorm: number;
}

/** A point of the curve: perplexity on the held-out blocks after so many steps. */
export interface HealPoint {
  readonly step: number;
  readonly perplexity: number;
}
