import type { VocabularyShape } from './embedding-cost.js';
import { type LayerCost, NOTHING_SAVED, type PassTokens, productOperations } from './layer-cost.js';

/** Logits that the decoder holds at once, 8 MiB of float32, unless the runtime names another number. */
export const PIECE_ENTRIES = 2 ** 21;

/**
 * Logits that a loss holds at once which needs those of the whole vocabulary: 128 MiB of float32. Each piece adds a gradient
 * as large as the head, so that smaller pieces cost time.
 */
export const LOSS_ENTRIES = 2 ** 25;

/** Minimum number of vocabulary entries in a piece. */
export const LEAST_VOCABULARY = 64;

/** Tensors of a piece's size that exist at once: logits, their difference from the largest, and its exponential. */
const PIECE_TENSORS = 3;

/**
 * The costs of the final norm and the language head. The head goes through the vocabulary in pieces. The forward pass
 * computes the logits. The forward pass of a training step also computes the mean head row under the prediction, which
 * is the gradient of the loss, so that its backward pass multiplies nothing.
 */
export function headCost({
  hiddenSize: d,
  vocabSize: V,
  tied,
}: VocabularyShape & {
  /** Whether the head shares the embedding's matrix. */
  readonly tied: boolean;
}): LayerCost {
  const transient = ({ tokens, pieceEntries = PIECE_ENTRIES }: PassTokens) =>
    PIECE_TENSORS * Math.max(pieceEntries, LEAST_VOCABULARY * tokens);
  const logits = ({ tokens }: PassTokens) => productOperations(tokens, { inputs: d, outputs: V });
  return {
    parameters: { matrices: tied ? 0 : V * d, norms: d },
    matrices: {},
    kvCache: () => 0,
    forward: (pass) => ({
      operations: { logits: logits(pass) },
      saved: NOTHING_SAVED,
      transient: transient(pass),
    }),
    forwardSaving: (pass) => ({
      operations: { logits: logits(pass), meanRow: logits(pass) },
      saved: NOTHING_SAVED,
      transient: transient(pass),
    }),
    backward: () => ({ operations: {}, saved: NOTHING_SAVED, transient: 0 }),
  };
}
