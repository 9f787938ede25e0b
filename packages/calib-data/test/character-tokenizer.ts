import type { Tokenizer } from '@grasp/tokenizer';

/** A token a UTF-16 unit, and a leading BOS of id 1: enough to see how text reaches a tokenizer. */
export const characterTokenizer: Tokenizer = {
  vocabSize: 65536,
  async encode(text, { specialTokens = true } = {}) {
    const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
    return Int32Array.from(specialTokens ? [1, ...units] : units);
  },
  async decode(ids) {
    return Array.from(ids, (id) => String.fromCharCode(id)).join('');
  },
  tokenId: (token) => (token.length === 1 ? token.charCodeAt(0) : undefined),
};
