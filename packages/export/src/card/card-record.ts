import type { DecoderConfig } from '@grasp/decoder';
import type { Origin } from './licence.js';

interface Sizes {
  readonly parameters: number;
  readonly prunableParameters: number;
  readonly kvCacheBytesPerToken: number;
}

/** A text that the run read. */
export interface CardText {
  readonly fingerprint: string;
  readonly description: string;
  readonly shape: readonly [number, number];
}

/** Settings of a run, in groups. The card lists all of them and describes those named here. */
export interface CardSettings {
  readonly choice: string;
  readonly importance?: { readonly within?: string | undefined };
  readonly refit: { readonly mode: string };
  readonly scales: { readonly targets: string; readonly epochs: number };
  readonly lora?: { readonly rank: number };
  readonly distil?: { readonly weight: number };
}

/** The part of a run's record that a model card shows. */
export interface CardRecord {
  /** The dense model: a path, or its name on the Hub. */
  readonly model: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly settings: CardSettings;
  /** Name of the method, where the caller of the run gave one. */
  readonly chosenBy?: string;
  readonly data: {
    readonly gates: CardText;
    readonly scales: CardText;
    readonly evaluation: Readonly<Record<string, CardText>>;
  };
  /** Requested budgets, and the amounts in the written weights. */
  readonly budgets: readonly {
    /** The quantity that is counted. */
    readonly name: string;
    readonly limit: number;
    readonly kept: number;
    /** The amount in the dense model. */
    readonly total: number;
  }[];
  readonly before: Sizes;
  readonly after: Sizes;
  /** Perplexity by model (`dense`, `masked`, `calibrated`), then by text. */
  readonly perplexity: Readonly<Record<string, Readonly<Record<string, number>> | undefined>>;
}

export interface CardAbout {
  /** Name of the pruned model, for the title. */
  readonly name: string;
  /** Shape of the pruned model. */
  readonly config: DecoderConfig;
  readonly origin?: Origin;
  /** Whether the folder has a modelling file. Default: if its layers differ. */
  readonly needsCode?: boolean;
}
