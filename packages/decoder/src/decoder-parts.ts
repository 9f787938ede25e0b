import type { Layout } from '@grasp/budget';
import type { WholeStep } from './inference/whole-step.js';
import type { LanguageHead } from './layers/head/language-head.js';
import type { RotaryPositions } from './layers/rotary-positions.js';
import type { Sublayer } from './layers/sublayer.js';
import type { Runtime } from './runtime/runtime.js';
import type { DecoderConfig } from './spec/config.js';

/** The weights of a decoder, and what runs them. No parameter of any question is stored here. */
export interface DecoderParts {
  readonly config: DecoderConfig;
  /** The units that can be pruned. */
  readonly layout: Layout;
  /** All units: those that can be pruned come first. */
  readonly allUnits: Layout;
  readonly head: LanguageHead;
  /** From the bottom up: attention, then FFN, of each layer. */
  readonly sublayers: readonly Sublayer[];
  readonly positions: RotaryPositions;
  /** Reads one more token of a row through all sublayers at once, if the runtime can. */
  readonly step: WholeStep | undefined;
  readonly runtime: Runtime;
  readonly state: {
    /** Counts the replacements of weights, so that a question notices one. */
    edition: number;
    disposed: boolean;
  };
}
