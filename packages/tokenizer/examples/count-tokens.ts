/** How many tokens a text has for a model, and which of its words cost most. */
import { openCheckpoint } from '@grasp/checkpoint';
import { checkTokenizerFits, loadTokenizer } from '@grasp/tokenizer';

export async function countTokens(model: string, text: string) {
  const checkpoint = await openCheckpoint(model);
  try {
    const tokenizer = await loadTokenizer(checkpoint);
    checkTokenizerFits(tokenizer, Number(checkpoint.config.vocab_size));
    const ids = await tokenizer.encode(text, { specialTokens: false });
    const words = new Set(text.split(/\s+/));
    const costs = await Promise.all(
      [...words].map(async (word) => ({ word, tokens: (await tokenizer.encode(word)).length })),
    );
    return { tokens: ids.length, costliest: costs.sort((a, b) => b.tokens - a.tokens).slice(0, 3) };
  } finally {
    await checkpoint.close();
  }
}
