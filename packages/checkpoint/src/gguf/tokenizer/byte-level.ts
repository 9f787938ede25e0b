import { CheckpointFormatError, CheckpointUnsupportedError, InexpressibleModelError } from '../../errors.js';
import type { GgufMetadata } from '../header/metadata.js';
import { type MetadataValue, text, texts } from '../header/values.js';
import { TOKENIZER } from '../keys.js';
import { type ByteLevelPreset, PRESET_NAMES, PRESETS, presetNamed } from './byte-level-presets.js';
import type { TokenizerFiles } from './tokenizer-files.js';
import { TOKENIZER_MODEL } from './tokenizer-model.js';
import type { GgufVocabulary } from './vocabulary.js';

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
      `Supported: those that llama.cpp calls ${Object.keys(PRESETS).join(', ')}.`,
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

/**
 * JSON with keys in order, and without differences that change no token: `trim_offsets`, `{1}`, and those that
 * {@link isolated} removes.
 */
function signature(value: unknown): string {
  return JSON.stringify(value, (key, entry: unknown) => {
    if (key === 'trim_offsets') return undefined;
    if (key === 'Regex') return String(entry).replaceAll('\\p{N}{1}', '\\p{N}');
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry;
    const step = isolated(entry as Readonly<Record<string, unknown>>);
    return Object.fromEntries(Object.entries(step).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** A split by a pattern that matches every text whole gives the same pieces if it keeps only the matches. */
function isolated(step: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { behavior, invert, pattern } = step;
  const { Regex = '' } = (pattern ?? {}) as { Regex?: unknown };
  const keepsMatches = behavior === 'Removed' && invert === true && String(Regex).endsWith('|\\s+');
  return keepsMatches ? { ...step, behavior: 'Isolated', invert: false } : step;
}

function presetOf(metadata: GgufMetadata): ByteLevelPreset {
  const name = metadata.text(TOKENIZER.pre) ?? 'default';
  const preset = presetNamed(name);
  if (preset) return preset;
  throw new CheckpointUnsupportedError(metadata.file, `pre-tokenizer ${JSON.stringify(name)}`, PRESET_NAMES);
}

function byteLevel(addPrefixSpace: boolean, useRegex: boolean): unknown {
  return { type: 'ByteLevel', add_prefix_space: addPrefixSpace, trim_offsets: true, use_regex: useRegex };
}
