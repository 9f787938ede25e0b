import type { Checkpoint, CheckpointFile } from '@grasp/checkpoint';
import { configOf, decoderLayout, prunedConfig, unitSlices } from '@grasp/decoder';
import { foldCheckpoint } from '@grasp/fold';
import { random, randomCheckpoint, type TinyConfig } from '@grasp/testing';

const VOCABULARY = 64;
const LETTERS = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789');

/** A small decoder with random weights and a tokenizer of single letters. */
export function madeUpModel(fields: Partial<TinyConfig> & Pick<TinyConfig, 'model_type'>): Checkpoint {
  const config: TinyConfig = {
    hidden_size: 48,
    intermediate_size: 40,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 6,
    num_hidden_layers: 3,
    vocab_size: VOCABULARY,
    tie_word_embeddings: false,
    ...fields,
  };
  return { ...randomCheckpoint(config, 7), files: letterTokenizer() };
}

/** What stays of each block of units: by layer, kind and index. */
export type Keep = (layer: number, kind: string, index: number, chance: () => number) => boolean;

const half: Keep = (_layer, _kind, index, chance) => index === 0 || chance() < 0.5;

/** Masks that a pruning may end with, the odd ones included. */
export const masks: Readonly<Record<string, Keep>> = {
  'about half': half,
  'one unit each': (_layer, _kind, index) => index === 0,
  'first layer without attention': (l, kind, ...rest) =>
    !(l === 0 && kind === 'kv') && half(l, kind, ...rest),
  'middle layer without attention': (l, kind, ...rest) =>
    !(l === 1 && kind === 'kv') && half(l, kind, ...rest),
  'first layer without FFN': (l, kind, ...rest) => !(l === 0 && kind === 'ffn') && half(l, kind, ...rest),
  'last layer without FFN': (l, kind, ...rest) => !(l === 2 && kind === 'ffn') && half(l, kind, ...rest),
  'first layer empty': (l, ...rest) => l !== 0 && half(l, ...rest),
  'last layer empty': (l, ...rest) => l !== 2 && half(l, ...rest),
  'no attention at all': (l, kind, ...rest) => kind !== 'kv' && half(l, kind, ...rest),
  'one shape': (_layer, kind, index) => (kind === 'kv' ? index < 2 : index < 20),
  'one shape, heads not dividing the hidden size': (_layer, kind, index) => index < (kind === 'kv' ? 3 : 20),
  everything: () => true,
};

/** The model that a mask leaves, as a view. */
export function prunedBy(checkpoint: Checkpoint, keep: Keep, seed = 3): Checkpoint {
  const config = configOf(checkpoint);
  const layout = decoderLayout(config);
  const mask = new Uint8Array(layout.size);
  const chance = random(seed);
  for (const { layer, kind, start, count } of layout.blocks) {
    for (let unit = 0; unit < count; unit++) mask[start + unit] = keep(layer, kind, unit, chance) ? 1 : 0;
  }
  return foldCheckpoint(checkpoint, {
    layout,
    slices: unitSlices(config),
    mask,
    config: prunedConfig(checkpoint.config, config, mask),
  });
}

/** A text of letters, and its tokens. */
export function someText(length: number): { readonly text: string; readonly ids: Int32Array } {
  const ids = Int32Array.from({ length }, (_, i) => (i * 7 + 3) % (VOCABULARY - 2));
  return { text: Array.from(ids, (id) => LETTERS[id]!).join(''), ids };
}

/**
 * Byte-level BPE without merges: a letter is a token.
 *
 * @param size number of ids, the last two of which are BOS and EOS
 */
export function letterTokenizer(size = VOCABULARY): CheckpointFile[] {
  const [bos, eos] = ['<s>', '</s>'];
  const letters = LETTERS.slice(0, size - 2);
  return jsonFiles({
    'tokenizer.json': {
      added_tokens: [bos, eos].map((content, i) => specialToken(letters.length + i, content)),
      version: '1.0',
      normalizer: null,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      post_processor: null,
      decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: {
        type: 'BPE',
        vocab: Object.fromEntries(letters.map((letter, id) => [letter, id])),
        merges: [],
      },
    },
    'tokenizer_config.json': {
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: bos,
      eos_token: eos,
      chat_template: '{{ messages[0].content }}',
    },
  });
}

/** Files of a checkpoint with the given content. */
export function jsonFiles(contents: Readonly<Record<string, unknown>>): CheckpointFile[] {
  return Object.entries(contents).map(([name, content]) => ({
    name,
    read: async () => new TextEncoder().encode(JSON.stringify(content)),
  }));
}

/** An entry of `added_tokens` in tokenizer.json. */
export function specialToken(id: number, content: string) {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
}
