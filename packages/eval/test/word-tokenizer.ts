import type { Tokenizer } from '@grasp/tokenizer';

/** Words with the space before them, as byte-level BPE cuts English; ids in the order words are first met. */
export function wordTokenizer(vocabSize = 1000): Tokenizer {
  const ids = new Map<string, number>();
  const idOf = (word: string) => {
    if (!ids.has(word)) ids.set(word, ids.size);
    return ids.get(word)!;
  };
  return {
    vocabSize,
    encode: async (text) => Int32Array.from(text.match(/ ?[^\s]+|\s/g) ?? [], idOf),
    decode: async (tokens) => Array.from(tokens, (id) => [...ids.keys()][id]).join(''),
    tokenId: (token) => ids.get(token),
  };
}
