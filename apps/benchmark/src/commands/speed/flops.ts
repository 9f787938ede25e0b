import type { DecoderConfig } from '@grasp/decoder';
import type { StepKind } from '../../shared/timing/step-process.js';

/**
 * Floating-point operations of the matrix products that one step cannot do without: what the hand-written gradients
 * compute, the mask being at `keep` in every layer, or of a dense forward pass. Attention counts the causal half.
 *
 * Of the six products of a dense FFN (three forward, three back), a removed channel needs gate, up and its part
 * of `dY · W_down`, where its gate has a gradient; of a removed group its value and its heads' sum of `dY · W_o`.
 */
export function stepFlops(
  { hiddenSize: d, headSize: h, headsPerGroup: G, vocabSize: V, layers }: DecoderConfig,
  { kind, tokens, length, keep }: { kind: StepKind; tokens: number; length: number; keep: number },
): number {
  const product = (rows: number, columns: number) => 2 * tokens * rows * columns;
  const passes = kind === 'perplexity' ? 1 : 2;
  const kept = kind === 'perplexity' ? 1 : keep;
  const removed = kind === 'gates' ? 1 - keep : 0;
  const inLayers = layers.reduce((sum, { channels: F, groups: K }) => {
    const ffn = product(d, F) * (3 * passes * kept + 3 * removed);
    const heads = G * K * h;
    const projections = product(d, 2 * heads + 2 * K * h) * passes * kept + product(d, 2 * K * h) * removed;
    // Scores and mixing forward; four products back and the scores again.
    const mixing = product(length / 2, heads) * (passes === 1 ? 2 : 2 + 5) * kept;
    return sum + ffn + projections + mixing;
  }, 0);
  return inLayers + passes * product(d, V);
}
