import { type DecoderConfig, LLAMA_NORMS } from '@grasp/decoder';

/** Rope scalings that vLLM computes as transformers does, for texts of any length. */
const ROPE = ['none', 'linear', 'llama3', 'yarn'];

/** What of a decoder DeciLM lacks, in words. Its layers are LLaMA's. */
export function deciGaps(decoder: DecoderConfig, portable: boolean): string[] {
  const { attention, headDim, hiddenSize, layers, queriesPerKvHead } = decoder;
  const found: string[] = [];
  const check = (fits: boolean, what: string) => {
    if (!fits) found.push(what);
  };
  check(decoder.queryKeyNorm === 'none', 'norms of queries and keys');
  check(JSON.stringify(decoder.norms) === JSON.stringify(LLAMA_NORMS), 'the places of its norms');
  check(decoder.normOffset === 0, 'the offset of its norms');
  check(decoder.activation === 'silu' && decoder.gatedFeedForward, `an FFN with ${decoder.activation}`);
  check(decoder.embeddingScale === 1, 'a factor on embeddings');
  check(decoder.residualScale === 1, 'a factor on sublayers');
  check(decoder.logitScale === 1, 'a factor on logits');
  check(decoder.attentionScale === 1 / Math.sqrt(headDim), 'a factor on attention scores');
  check(decoder.attentionCap === undefined && decoder.logitCap === undefined, 'soft caps');
  const [first] = attention;
  const rotary = first?.rotary;
  check(
    attention.every((layer) => JSON.stringify(layer.rotary) === JSON.stringify(rotary)),
    'positions that differ between layers',
  );
  check(rotary?.dims === headDim && !rotary.interleaved, 'heads that are rotated in part, or in pairs');
  check(!rotary || ROPE.includes(rotary.scaling), `${rotary?.scaling} scaling of positions`);
  check(!rotary?.queryScale, 'queries that grow with their position');
  if (portable) {
    check(
      attention.every(({ window }) => window === undefined),
      'sliding windows, in the portable form',
    );
    const most = layers.reduce((count, { kvHeads }) => Math.max(count, kvHeads), 1) * queriesPerKvHead;
    const spanning = hiddenSize / headDim;
    check(
      Number.isInteger(spanning / queriesPerKvHead) && spanning >= most,
      `${most} heads of ${headDim} beside a hidden size of ${hiddenSize}, in the portable form`,
    );
  }
  return found;
}
