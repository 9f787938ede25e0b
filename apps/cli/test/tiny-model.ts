import { writeCheckpoint } from '@grasp/checkpoint';
import { randomCheckpoint } from '@grasp/testing';

/** A tokenizer of the 95 printable ASCII characters and a few more, one token each. */
function characterTokenizer(): Uint8Array {
  const characters = [...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)), '\n', '<unk>'];
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
      vocab: Object.fromEntries(characters.map((character, id) => [character, id])),
      unk_token: '<unk>',
    },
  };
  return new TextEncoder().encode(JSON.stringify(tokenizer));
}

/** Writes a random llama of two layers with a tokenizer: enough for every command, in milliseconds. */
export async function writeTinyModel(path: string): Promise<void> {
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
  const tokenizer = { name: 'tokenizer.json', read: async () => characterTokenizer() };
  await writeCheckpoint(randomCheckpoint(config, 1), path, { extraFiles: [tokenizer] });
}

/** Some lines of text that differ. */
export const text = Array.from(
  { length: 40 },
  (_, i) => `Line ${i} of a text that says ${i * i} and no more.`,
).join('\n');
