import type { Decoder, DecoderCheckpoint, TokenBatch } from '@grasp/decoder';

/** What a method may look at. It changes nothing of it. */
export interface MethodInputs {
  /** The dense model, loaded. */
  readonly model: Decoder;
  /** Its checkpoint, for methods that look at weights. */
  readonly checkpoint: DecoderCheckpoint;
  /** The calibration text, one block a batch, in the order of the text. */
  readonly batches: readonly TokenBatch[];
  readonly seed: number;
  /** 1 for each unit that has to stay. Scores need not heed it. */
  readonly protect?: Uint8Array;
  /** The mask for scores, under the budget and the constraints of the run. */
  project(scores: Float32Array): Uint8Array;
}

/** What a method reads: the price of its choice. */
export type MethodNeeds = 'nothing' | 'weights' | 'activations' | 'gradients';

interface Named {
  readonly name: string;
  readonly needs: MethodNeeds;
  /** Another one where the method computes something else: a run resumes with the same alone. Default: none but the name. */
  readonly fingerprint?: string;
}

/**
 * A rule that chooses units. All that follows is shared: exact budget, layout, refit, scales, LoRA, fold, export and
 * evaluation.
 *
 * A method gives scores, float32 `[layout.size]` in layout order; units with higher scores are kept. A rule that is no
 * ranking gives the mask itself. A mask meets the budgets of the run, or the run refuses it.
 */
export type PruningMethod = ScoringMethod | MaskingMethod;

export interface ScoringMethod extends Named {
  /** @returns one score per unit, in layout order; larger ones are kept. */
  score(inputs: MethodInputs): Promise<Float32Array>;
}

export interface MaskingMethod extends Named {
  /** @returns 1 for each unit to keep, in layout order, within the budget. */
  mask(inputs: MethodInputs): Promise<Uint8Array>;
}
