import type { Layout } from '@grasp/budget';
import type { Runtime } from '../runtime/runtime.js';
import type { DecoderConfig } from '../spec/config.js';
import type { LanguageHead } from './head/language-head.js';
import type { RotaryPositions } from './rotary-positions.js';
import type { Sublayer } from './sublayer.js';

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
  readonly runtime: Runtime;
  readonly state: {
    /** Counts the replacements of weights, so that a question notices one. */
    edition: number;
    disposed: boolean;
  };
}
