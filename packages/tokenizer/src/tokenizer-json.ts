import { TokenizerFormatError } from './errors.js';
import {
  type Check,
  character,
  filledText,
  finite,
  flag,
  list,
  mapOf,
  misfit,
  objectAt,
  oneOf,
  optional,
  record,
  text,
  variant,
  wholeNumber,
} from './json-check.js';
import { LIMITS } from './limits.js';
import { unsafePattern } from './safe-pattern.js';

/**
 * What a tokenizer.json may hold.
 *
 * The native library trusts its input: a file with, say, a merge shorter than the subword prefix aborts the process
 * where one would expect an error. So a file is held against what is known to be safe before the library sees it,
 * and what the library gets is written anew from what was checked.
 */

/**
 * Checks the text of a tokenizer.json, and returns the text to give to the library: the same without truncation and
 * padding.
 *
 * @throws TokenizerFormatError
 */
export function safeTokenizerJson(json: string, source: string): string {
  try {
    const tokenizer = objectAt(JSON.parse(json), '');
    checkTokenizer(tokenizer, '');
    return JSON.stringify({ ...tokenizer, truncation: null, padding: null });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new TokenizerFormatError(source, `in its tokenizer.json, ${detail}`, { cause: error });
  }
}

const tokenId = wholeNumber(LIMITS.ids);
const segment = oneOf(0, 1);
const behavior = oneOf('Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous');

/** `{ "String": … }` or `{ "Regex": … }`. */
const pattern: Check = (value, at) => {
  const entries = Object.entries(objectAt(value, at));
  const [kind, content] = entries.length === 1 ? entries[0]! : [undefined, undefined];
  if (kind !== 'String' && kind !== 'Regex') throw misfit(at, 'is neither a String nor a Regex');
  filledText(content, at);
  const reason = kind === 'Regex' ? unsafePattern(String(content)) : undefined;
  if (reason !== undefined) throw misfit(at, reason);
};

const byteLevel = record({
  add_prefix_space: optional(flag),
  trim_offsets: optional(flag),
  use_regex: optional(flag),
});

const metaspace = record({
  replacement: character,
  prepend_scheme: optional(oneOf('first', 'never', 'always')),
  add_prefix_space: optional(flag),
  split: optional(flag),
});

const replace = record({ pattern, content: text });

const NORMALIZERS = {
  NFC: record({}),
  NFD: record({}),
  NFKC: record({}),
  NFKD: record({}),
  Lowercase: record({}),
  StripAccents: record({}),
  Strip: record({ strip_left: flag, strip_right: flag }),
  Prepend: record({ prepend: filledText }),
  Replace: replace,
};

const PRE_TOKENIZERS = {
  ByteLevel: byteLevel,
  Metaspace: metaspace,
  Split: record({ pattern, behavior, invert: flag }),
  Digits: record({ individual_digits: flag }),
  Punctuation: record({ behavior: optional(behavior) }),
  Whitespace: record({}),
  WhitespaceSplit: record({}),
};

const DECODERS = {
  ByteLevel: byteLevel,
  Metaspace: metaspace,
  ByteFallback: record({}),
  Fuse: record({}),
  Replace: replace,
  // Stripping at the end runs past the start of a short token.
  Strip: record({ content: character, start: oneOf(0, 1), stop: oneOf(0) }),
};

const POST_PROCESSORS = { ByteLevel: byteLevel, TemplateProcessing: template };

/** Text with special tokens around it. Every one it uses must be described, with as many ids as tokens. */
function template(value: unknown, at: string): void {
  const { special_tokens: specials } = objectAt(value, at);
  mapOf((token, place) => {
    record({ id: text, ids: list(tokenId), tokens: list(text) })(token, place);
    const { ids, tokens } = token as { ids: unknown[]; tokens: unknown[] };
    if (ids.length !== tokens.length) throw misfit(place, 'has more ids than tokens, or fewer');
  })(specials, `${at}.special_tokens`);
  const known = (id: unknown, place: string) => {
    text(id, place);
    if (!Object.hasOwn(specials as object, String(id)))
      throw misfit(place, 'is not among its special_tokens');
  };
  const piece =
    (sequences: Check): Check =>
    (item, place) => {
      const entries = Object.entries(objectAt(item, place));
      const [kind, content] = entries.length === 1 ? entries[0]! : [undefined, undefined];
      if (kind === 'SpecialToken') record({ id: known, type_id: segment })(content, place);
      else if (kind === 'Sequence') record({ id: sequences, type_id: segment })(content, place);
      else throw misfit(place, 'is neither a SpecialToken nor a Sequence');
    };
  record({ single: list(piece(oneOf('A'))), pair: list(piece(oneOf('A', 'B'))) })(value, at);
}

/** One of the kinds, or a sequence of such under `key`. */
function oneOrSequence(kinds: Readonly<Record<string, Check>>, key: string, depth = 0): Check {
  if (depth === LIMITS.nesting) return variant(kinds);
  return variant({
    ...kinds,
    Sequence: (value, at) => record({ [key]: list(oneOrSequence(kinds, key, depth + 1)) })(value, at),
  });
}

const scoredToken: Check = (value, at) => {
  if (!Array.isArray(value) || value.length !== 2) throw misfit(at, 'is not a token with its score');
  text(value[0], at);
  finite(value[1], at);
};

const bpeFields = record({
  vocab: mapOf(tokenId),
  // Dropout would make ids a matter of chance.
  dropout: optional(oneOf(0)),
  unk_token: optional(text),
  continuing_subword_prefix: optional(oneOf('')),
  end_of_word_suffix: optional(oneOf('')),
  fuse_unk: optional(flag),
  byte_fallback: optional(flag),
  ignore_merges: optional(flag),
});

/** A merge is a pair of tokens that make a third; older files have it as one text with a space between. */
const bpe: Check = (value, at) => {
  bpeFields(value, at);
  const { vocab, merges } = objectAt(value, at);
  const tokens = vocab as object;
  list((merge, place) => {
    const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((side) => typeof side === 'string')) {
      throw misfit(place, 'is not a pair of tokens');
    }
    const unknown = [...pair, pair.join('')].find((token) => !Object.hasOwn(tokens, token));
    if (unknown !== undefined)
      throw misfit(place, `needs ${JSON.stringify(unknown)}, which is not in the vocabulary`);
  })(merges, `${at}.merges`);
};

const MODELS = {
  BPE: bpe,
  Unigram: record({ vocab: list(scoredToken), unk_id: optional(tokenId), byte_fallback: optional(flag) }),
  WordLevel: record({ vocab: mapOf(tokenId), unk_token: text }),
};

const checkTokenizer = record({
  added_tokens: optional(
    list(
      record({
        id: tokenId,
        content: text,
        single_word: flag,
        lstrip: flag,
        rstrip: flag,
        normalized: flag,
        special: flag,
      }),
    ),
  ),
  normalizer: optional(oneOrSequence(NORMALIZERS, 'normalizers')),
  pre_tokenizer: optional(oneOrSequence(PRE_TOKENIZERS, 'pretokenizers')),
  post_processor: optional(oneOrSequence(POST_PROCESSORS, 'processors')),
  decoder: optional(oneOrSequence(DECODERS, 'decoders')),
  // The oldest files name no type of model; it is BPE.
  model: (value, at) => ('type' in objectAt(value, at) ? variant(MODELS) : bpe)(value, at),
});
