import { rows, textRows, tokenBlocks } from '@grasp/calib-data';
import type { Tokenizer } from '@grasp/tokenizer';

// Any object of this shape will do; `loadTokenizer` of @grasp/tokenizer makes one from a checkpoint.
const bytes: Tokenizer = {
  vocabSize: 256,
  encode: async (text) => Int32Array.from(new TextEncoder().encode(text)),
  decode: async (ids) => new TextDecoder().decode(Uint8Array.from(ids)),
  tokenId: () => undefined,
};

// `textFile('train.jsonl')`, `textFile('part.parquet', { column: 'body' })`, `corpus('wikitext2', 'train')`
// are sources too.
const source = textRows(['Rows are joined by a blank line,', 'tokenised once, and cut into blocks.']);

export const blocks = await tokenBlocks(source, bytes, { length: 16, count: 3, seed: 7 });
blocks.shape; // [3, 16]
blocks.fingerprint; // SHA-256 of the ids: equal data, equal fingerprint
blocks.description; // 'text in memory; rows joined by "\n\n"; 3 of 4 blocks of 16 tokens, seed 7'

export const firstTwo = rows(blocks, [0, 1]); // a batch of [2, 16] for a model
