import type { HealEvent } from '../heal/events.js';

/** The model that is measured: the dense one, the masked one, or the pruned one with scales and refit. */
export type Subject = 'dense' | 'masked' | 'calibrated';

/** One event of a run. Steps, blocks and windows count from 1. */
export type PruneEvent =
  | HealEvent
  | { readonly stage: 'load' | 'write' | 'verify'; readonly tensor: number; readonly tensors: number }
  | {
      /** A step of learning gates, or of ranking units by importance. */
      readonly stage: 'gates' | 'importance';
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly tokens: number;
      /** Units that this step's mask keeps in each block of the layout. */
      readonly kept: Uint32Array;
      /** Cost of the kept units, in the unit of the first budget. */
      readonly keptCost: number;
    }
  | {
      /** A method that looks at the dense model once: about to, and done. */
      readonly stage: 'method';
      readonly method: string;
      /** Tokens that it reads. */
      readonly tokens: number;
      readonly done: boolean;
    }
  | {
      /** FLAP's compensation in biases: about to read the text, and done. */
      readonly stage: 'bias';
      readonly tokens: number;
      readonly done: boolean;
    }
  | {
      /** Optimal brain surgeon has read a block once more, or chosen within a sublayer. */
      readonly stage: 'surgery';
      readonly step: number;
      readonly steps: number;
      readonly tokens: number;
    }
  | {
      /** The dense model's last hidden states, from which its predictions follow: for distillation. */
      readonly stage: 'teacher';
      readonly block: number;
      readonly blocks: number;
      readonly tokens: number;
    }
  | {
      /** A sublayer whose output matrix has been refitted. */
      readonly stage: 'refit';
      readonly sublayer: number;
      readonly sublayers: number;
      readonly tokens: number;
      /** Squared error of the sublayer's output after the refit, relative to the output of the dense sublayer. */
      readonly missed: number;
    }
  | {
      readonly stage: 'scales';
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly tokens: number;
    }
  | {
      /** Loss on the held-out blocks under a share of what tuning found; 0 is the model before it. */
      readonly stage: 'held-out';
      readonly compared: number;
      readonly shares: number;
      readonly share: number;
      readonly loss: number;
      readonly tokens: number;
    }
  | {
      readonly stage: 'perplexity';
      /** A {@link Subject} in a run, or the name that a caller of `measure` gives. */
      readonly subject: string;
      readonly text: string;
      readonly window: number;
      readonly windows: number;
      readonly tokens: number;
      /** Over all windows so far. */
      readonly perplexity: number;
    };
