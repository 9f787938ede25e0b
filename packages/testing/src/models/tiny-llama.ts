import { randomCheckpoint } from './random-checkpoint.js';

/** tokenizer.json of the printable ASCII characters and a few more, one token each. */
function characterTokenizer(): Uint8Array {
  const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'Split', pattern: { Regex: '[\\s\\S]' }, behavior: 'Isolated', invert: false },
    post_processor: null,
    decoder: { type: 'Fuse' },
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries([...printable, '\n', '<unk>'].map((character, id) => [character, id])),
      unk_token: '<unk>',
    },
  };
  return new TextEncoder().encode(JSON.stringify(tokenizer));
}

/** A random llama of two layers with a tokenizer: enough for every command, in milliseconds. */
export function tinyLlama() {
  const config = {
    model_type: 'llama',
    hidden_size: 32,
    intermediate_size: 48,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 8,
    num_hidden_layers: 2,
    vocab_size: 100,
    tie_word_embeddings: true,
  } as const;
  return {
    ...randomCheckpoint(config, 1),
    files: [{ name: 'tokenizer.json', read: async () => characterTokenizer() }],
  };
}

/** Lines of text that differ, for the tiny llama to learn from. */
export const tinyText = Array.from(
  { length: 40 },
  (_, i) => `Line ${i} of a text that says ${i * i} and no more.`,
).join('\n');
