import type { DecoderConfig } from '@grasp/decoder';

/**
 * Floating-point operations of the matrix products that one gate step cannot do without, forward and backward:
 * what the hand-written gradients compute, mask being at `keep` in every layer. Attention counts the causal half.
 *
 * Of the six products of a dense FFN (three forward, three back), a removed channel needs gate, up and its part
 * of `dY · W_down`; of a removed group only its value and `dY · W_o`.
 */
export function gateStepFlops(config: DecoderConfig, tokens: number, length: number, keep: number): number {
  const { hiddenSize: d, headSize: h, headsPerGroup: G, vocabSize: V } = config;
  const product = (rows: number, columns: number) => 2 * tokens * rows * columns;
  const layers = config.layers.reduce((sum, { channels: F, groups: K }) => {
    const ffn = product(d, F) * (3 + 3 * keep);
    const heads = G * K * h;
    // Forward q, k, v, o and back the same for kept groups; v forward and o back for removed ones.
    const projections = keep * 2 * product(d, 2 * heads + 2 * K * h) + (1 - keep) * product(d, heads + K * h);
    // Scores and mixing forward; four products back and the scores again.
    const mixing = keep * (2 + 5) * product(length / 2, heads);
    return sum + ffn + projections + mixing;
  }, 0);
  return layers + 2 * product(d, V);
}
