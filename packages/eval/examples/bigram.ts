import { evaluationWindows, textRows } from '@grasp/calib-data';
import { evaluateTasks, type LanguageModel, lastOf, perplexity } from '@grasp/eval';
import type { Tokenizer } from '@grasp/tokenizer';

const bytes: Tokenizer = {
  vocabSize: 256,
  encode: async (text) => Int32Array.from(new TextEncoder().encode(text)),
  decode: async (ids) => new TextDecoder().decode(Uint8Array.from(ids)),
  tokenId: () => undefined,
};

// A model that finds a byte likelier after itself than any other: the least that can be evaluated.
const stutterer: LanguageModel = {
  contextLength: 1024,
  async negLogLikelihood({ ids, shape: [rows, length] }) {
    const losses = new Float32Array(rows * (length - 1)); // [rows, length - 1]
    for (let row = 0, at = 0; row < rows; row++)
      for (let t = 1; t < length; t++)
        losses[at++] = ids[row * length + t] === ids[row * length + t - 1] ? Math.log(2) : Math.log(2 * 255);
    return losses;
  },
};

const windows = await evaluationWindows(textRows(['hmmm, aaah']), bytes, { length: 5 });
export const result = await lastOf(perplexity(stutterer, windows));
// { windows: 2, tokens: 8, perplexity: 31.94, perplexityBfloat16: 32.10, … }

/** One task from a folder with `piqa.validation.jsonl`; without a folder, from the Hugging Face hub. */
export async function piqa(folder: string) {
  for await (const record of evaluateTasks(stutterer, bytes, ['piqa'], { folder, limit: 100 })) {
    if (record.kind === 'summary') return record; // { task: 'piqa', items: 100, acc: { value, standardError }, … }
    record.logLikelihoods; // of each choice; record.chosen and record.gold say whether it was right
  }
  return undefined;
}
