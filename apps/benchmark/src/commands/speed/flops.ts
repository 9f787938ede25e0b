import type { DecoderConfig } from '@grasp/decoder';
import type { StepKind } from '../../shared/timing/step-process.js';

/**
 * FLOP of the matrix products that a step needs, for a mask at `keep` in every layer. A perplexity step is one dense
 * forward pass. Attention scores count only the causal half.
 *
 * A dense FFN has six products: three forward and three backward. If the gate of a removed channel has a gradient, the
 * channel needs gate, up and its part of `dY · W_down`. A removed KV group needs its value and the sum of `dY · W_o`
 * over its heads.
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
    // Forward: scores and weighted values. Backward: four products, and the scores again.
    const mixing = product(length / 2, heads) * (passes === 1 ? 2 : 2 + 5) * kept;
    return sum + ffn + projections + mixing;
  }, 0);
  return inLayers + passes * product(d, V);
}
