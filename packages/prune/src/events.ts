/** The model that a perplexity is of: as it came, with the mask alone, with mask and scales. */
export type Subject = 'dense' | 'masked' | 'calibrated';

/** One small record of a run, as it goes. Steps and windows count from 1. */
export type PruneEvent =
  | { readonly stage: 'load' | 'write' | 'verify'; readonly tensor: number; readonly tensors: number }
  | {
      /** Gates learned by descent, or a mask chosen by importance. */
      readonly stage: 'gates' | 'importance';
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly tokens: number;
      /** Units kept in each block of the layout by this step's mask. */
      readonly kept: Uint32Array;
      /** Cost of the units kept, against the budget. */
      readonly keptCost: number;
    }
  | {
      /** What the dense model predicts for the text of the scales. */
      readonly stage: 'predictions';
      readonly block: number;
      readonly blocks: number;
      readonly tokens: number;
    }
  | {
      /** Output matrices fitted anew, sublayer by sublayer. */
      readonly stage: 'refit';
      readonly sublayer: number;
      readonly sublayers: number;
      readonly tokens: number;
      /** Share of the whole sublayer's output that the kept units miss. */
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
      readonly stage: 'perplexity';
      readonly subject: Subject;
      readonly text: string;
      readonly window: number;
      readonly windows: number;
      readonly tokens: number;
      /** So far; final with the last window. */
      readonly perplexity: number;
    };
