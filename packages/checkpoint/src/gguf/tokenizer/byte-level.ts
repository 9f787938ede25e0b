import { CheckpointFormatError, CheckpointUnsupportedError, InexpressibleModelError } from '../../errors.js';
import type { GgufMetadata } from '../header/metadata.js';
import { type MetadataValue, text, texts } from '../header/values.js';
import { TOKENIZER } from '../keys.js';
import type { TokenizerFiles } from './tokenizer-files.js';
import { TOKENIZER_MODEL } from './tokenizer-model.js';
import type { GgufVocabulary } from './vocabulary.js';

/** What differs between byte-level BPE tokenizers. The metadata key `tokenizer.ggml.pre` names a preset. */
interface ByteLevelPreset {
  readonly normalizer: unknown;
  /** Steps before bytes are mapped to characters. */
  readonly splits: readonly unknown[];
  /** Whether the byte-level step also splits words by GPT-2's pattern. */
  readonly gpt2Words: boolean;
  /** Whether a piece that is a token is taken whole, without merging. */
  readonly ignoreMerges: boolean;
  /** Whether text begins with BOS if the file does not say. */
  readonly addBos: boolean;
}

const GPT2: ByteLevelPreset = {
  normalizer: null,
  splits: [],
  gpt2Words: true,
  ignoreMerges: false,
  addBos: false,
};

const PRESETS: Readonly<Record<string, ByteLevelPreset>> = {
  'gpt-2': GPT2,
  smollm: { ...GPT2, splits: [{ type: 'Digits', individual_digits: true }] },
  qwen2: { ...GPT2, normalizer: { type: 'NFC' }, splits: [words('\\p{N}')], gpt2Words: false },
  'llama-bpe': {
    ...GPT2,
    splits: [words('\\p{N}{1,3}')],
    gpt2Words: false,
    ignoreMerges: true,
    addBos: true,
  },
  /**
   * What llama.cpp does for a file that names no preset (`llm_tokenizer_bpe`). Its second pattern has no final `\s+`,
   * which only makes a piece of the character that would otherwise be left between two pieces.
   */
  default: {
    ...GPT2,
    splits: [
      split('[\\p{P}\\$\\+<=>\\^~\\|]+'),
      split("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"),
      split('\\p{N}+'),
      split('[0-9][0-9][0-9]'),
    ],
    gpt2Words: false,
  },
};

/** Other names that llama.cpp knows for the presets. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  'llama-bpe': ['llama3', 'llama-v3', 'falcon3', 'falcon-h1', 'pixtral', 'midm-2.0', 'lfm2'],
  'gpt-2': ['phi-2', 'jina-es', 'jina-de', 'jina-v2-es', 'jina-v2-de', 'gigachat', 'a.x-4.0', 'mellum'],
  qwen2: ['deepseek-r1-qwen', 'megrez', 'kormo'],
  smollm: ['starcoder', 'refact', 'command-r', 'codeshell', 'exaone', 'minerva-7b'],
};

/** The split of LLaMA-3 and Qwen, which differ in how many digits form a piece. */
function words(digits: string): unknown {
  const pattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
  return split(pattern);
}

function split(pattern: string): unknown {
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
}

/**
 * Reads a byte-level BPE tokenizer: the parts of tokenizer.json.
 *
 * @throws CheckpointFormatError, CheckpointUnsupportedError
 */
export function byteLevelTokenizer(metadata: GgufMetadata, vocabulary: GgufVocabulary) {
  const preset = presetOf(metadata);
  const merges = metadata.texts(TOKENIZER.merges);
  if (merges === undefined) throw new CheckpointFormatError(metadata.file, `it has no ${TOKENIZER.merges}`);
  return {
    addBos: preset.addBos,
    normalizer: preset.normalizer,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [...preset.splits, byteLevel(false, preset.gpt2Words)],
    },
    decoder: byteLevel(true, true),
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: preset.ignoreMerges,
      vocab: Object.fromEntries(vocabulary.ids),
      merges: merges.map((merge) => {
        const space = merge.indexOf(' ', 1);
        return [merge.slice(0, space), merge.slice(space + 1)];
      }),
    },
  };
}

/**
 * Writes a byte-level BPE tokenizer: the metadata of its model.
 *
 * @throws InexpressibleModelError if it splits text as none of the presets does
 */
export function byteLevelMetadata({ source, tokenizer, merges }: TokenizerFiles): [string, MetadataValue][] {
  const preset = byteLevelPresetName(tokenizer);
  if (preset === undefined) {
    throw new InexpressibleModelError(
      source,
      'GGUF',
      "the tokenizer's way of splitting text",
      'Supported: those of GPT-2, SmolLM, Qwen2, Qwen3 and LLaMA-3.',
    );
  }
  return [
    [TOKENIZER.model, text(TOKENIZER_MODEL.byteLevel)],
    [TOKENIZER.pre, text(preset)],
    [TOKENIZER.merges, texts(merges.map(([left, right]) => `${left} ${right}`))],
  ];
}

/**
 * The name of the preset (`tokenizer.ggml.pre`) that splits text as a tokenizer.json does. Undefined if none does.
 */
export function byteLevelPresetName(tokenizer: Readonly<Record<string, unknown>>): string | undefined {
  const { pre_tokenizer: pre, normalizer, model } = tokenizer;
  const { pretokenizers = [pre] } = (pre ?? {}) as { pretokenizers?: readonly unknown[] };
  const ignoreMerges = (model as { ignore_merges?: unknown } | undefined)?.ignore_merges === true;
  const found = signature([normalizer ?? null, pretokenizers, ignoreMerges]);
  return Object.keys(PRESETS).find((name) => {
    const { normalizer, splits, gpt2Words, ignoreMerges } = PRESETS[name]!;
    return found === signature([normalizer, [...splits, byteLevel(false, gpt2Words)], ignoreMerges]);
  });
}

/** JSON without `trim_offsets`, which changes no token, and with keys in order. */
function signature(value: unknown): string {
  return JSON.stringify(value, (key, entry: unknown) => {
    if (key === 'trim_offsets') return undefined;
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry;
    return Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function presetOf(metadata: GgufMetadata): ByteLevelPreset {
  const name = metadata.text(TOKENIZER.pre) ?? 'default';
  if (Object.hasOwn(PRESETS, name)) return PRESETS[name]!;
  const alias = Object.entries(ALIASES).find(([, names]) => names.includes(name));
  if (alias) return PRESETS[alias[0]]!;
  throw new CheckpointUnsupportedError(metadata.file, `pre-tokenizer ${JSON.stringify(name)}`, [
    ...Object.keys(PRESETS),
    ...Object.values(ALIASES).flat(),
  ]);
}

function byteLevel(addPrefixSpace: boolean, useRegex: boolean): unknown {
  return { type: 'ByteLevel', add_prefix_space: addPrefixSpace, trim_offsets: true, use_regex: useRegex };
}
