/**
 * What a tokenizer.json may contain.
 *
 * The native library trusts its input: a merge that is shorter than the subword prefix, for example, aborts the process.
 * So this package parses each file, compares it with the schema below, and passes only files that fit to the library.
 */

import { parseJson } from '@grasp/checkpoint';
import * as z from 'zod';
import { TokenizerFormatError } from './errors.js';
import {
  byKey,
  byType,
  character,
  fields,
  filledText,
  finite,
  firstProblem,
  flag,
  forward,
  integerBelow,
  listOf,
  mapOf,
  object,
  oneOf,
  shown,
  text,
} from './json-schema.js';
import { LIMITS } from './limits.js';
import { unsafePattern } from './safe-pattern.js';

/**
 * Checks the text of a tokenizer.json.
 *
 * @returns the text for the library: the same document without truncation and padding
 * @throws TokenizerFormatError naming the first field that does not fit
 */
export function safeTokenizerJson(json: string, source: string): string {
  const document = parsed(json, source);
  const { error } = tokenizer.safeParse(document);
  if (error) throw new TokenizerFormatError(source, `tokenizer.json: ${firstProblem(document, error)}.`);
  return JSON.stringify({ ...(document as object), truncation: null, padding: null });
}

function parsed(json: string, source: string): unknown {
  try {
    return parseJson(json);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new TokenizerFormatError(source, `tokenizer.json is not JSON (${detail}).`, { cause: error });
  }
}

const tokenId = integerBelow(LIMITS.ids);
const segment = oneOf(0, 1);
const behavior = oneOf('Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous');

const pattern = byKey({
  String: filledText,
  Regex: filledText.superRefine((expression, context) => {
    const reason = unsafePattern(expression);
    if (reason !== undefined) {
      context.addIssue({
        code: 'custom',
        message: `a regular expression of bounded cost, and this one ${reason}`,
      });
    }
  }),
});

const byteLevel = fields({
  add_prefix_space: flag.nullish(),
  trim_offsets: flag.nullish(),
  use_regex: flag.nullish(),
});

const metaspace = fields({
  replacement: character,
  prepend_scheme: oneOf('first', 'never', 'always').nullish(),
  add_prefix_space: flag.nullish(),
  split: flag.nullish(),
});

const replace = fields({ pattern, content: text });

const NORMALIZERS = {
  NFC: object,
  NFD: object,
  NFKC: object,
  NFKD: object,
  Lowercase: object,
  StripAccents: object,
  Strip: fields({ strip_left: flag, strip_right: flag }),
  Prepend: fields({ prepend: filledText }),
  Replace: replace,
  BertNormalizer: fields({
    clean_text: flag,
    handle_chinese_chars: flag,
    strip_accents: flag.nullish(),
    lowercase: flag,
  }),
};

const PRE_TOKENIZERS = {
  BertPreTokenizer: object,
  ByteLevel: byteLevel,
  Metaspace: metaspace,
  Split: fields({ pattern, behavior, invert: flag }),
  Digits: fields({ individual_digits: flag }),
  Punctuation: fields({ behavior: behavior.nullish() }),
  Whitespace: object,
  WhitespaceSplit: object,
};

const DECODERS = {
  ByteLevel: byteLevel,
  Metaspace: metaspace,
  ByteFallback: object,
  Fuse: object,
  Replace: replace,
  // The library strips past the start of a token that is shorter than `stop`.
  Strip: fields({ content: character, start: oneOf(0, 1), stop: oneOf(0) }),
};

const specialToken = fields({ id: text, ids: listOf(tokenId), tokens: listOf(text) }).superRefine(
  (token, context) => {
    const { ids, tokens } = token as { readonly ids: unknown[]; readonly tokens: unknown[] };
    if (ids.length !== tokens.length) {
      context.addIssue({
        code: 'custom',
        path: ['ids'],
        message: `one id for each of ${tokens.length} tokens`,
      });
    }
  },
);

const specialTokens = fields({ special_tokens: mapOf(specialToken) });

/** Text with special tokens around it. `special_tokens` must describe each of them. */
const template = object.superRefine((value, context) => {
  if (!forward(specialTokens, value, [], context)) return;
  const known = value.special_tokens as object;
  const id = text.superRefine((token, inner) => {
    if (Object.hasOwn(known, token)) return;
    inner.addIssue({ code: 'custom', message: 'a key of special_tokens' });
  });
  const pieces = (sequences: z.ZodType) =>
    listOf(
      byKey({
        SpecialToken: fields({ id, type_id: segment }),
        Sequence: fields({ id: sequences, type_id: segment }),
      }),
    );
  forward(fields({ single: pieces(oneOf('A')), pair: pieces(oneOf('A', 'B')) }), value, [], context);
});

/** A token and its id. */
const tokenAndId = z.tuple([text, tokenId], { error: 'a token and its id' });
const surrounding = { sep: tokenAndId, cls: tokenAndId };

const POST_PROCESSORS = {
  ByteLevel: byteLevel,
  TemplateProcessing: template,
  BertProcessing: fields(surrounding),
  RobertaProcessing: fields({ ...surrounding, trim_offsets: flag, add_prefix_space: flag }),
};

/** One of the kinds, or a `Sequence` of them under `key`. Sequences nest `LIMITS.nesting` deep. */
function oneOrSequence(kinds: Readonly<Record<string, z.ZodType>>, key: string): z.ZodType {
  let schema = byType(kinds);
  for (let depth = 0; depth < LIMITS.nesting; depth++) {
    schema = byType({ ...kinds, Sequence: fields({ [key]: listOf(schema) }) });
  }
  return schema;
}

const bpeFields = fields({
  vocab: mapOf(tokenId),
  // With dropout, ids would depend on chance.
  dropout: oneOf(0).nullish(),
  unk_token: text.nullish(),
  continuing_subword_prefix: oneOf('').nullish(),
  end_of_word_suffix: oneOf('').nullish(),
  fuse_unk: flag.nullish(),
  byte_fallback: flag.nullish(),
  ignore_merges: flag.nullish(),
});

const bpe = object.superRefine((model, context) => {
  if (forward(bpeFields, model, [], context)) {
    forward(fields({ merges: listOf(mergeOf(model.vocab as object)) }), model, [], context);
  }
});

/** Two tokens that join to a third. Older files write them as one string with a space between. */
function mergeOf(vocabulary: object): z.ZodType {
  return z.unknown().superRefine((merge, context) => {
    const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    const refuse = (message: string) => context.addIssue({ code: 'custom', message });
    if (!isPair(pair)) return refuse('a pair of tokens');
    const unknown = [...pair, pair.join('')].find((token) => !Object.hasOwn(vocabulary, token));
    if (unknown !== undefined) {
      refuse(`two tokens that, like their union, are in the vocabulary; ${shown(unknown)} is not`);
    }
  });
}

function isPair(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((side) => typeof side === 'string');
}

const unigram = fields({
  vocab: listOf(z.tuple([text, finite], { error: 'a token and its score' })),
  unk_id: tokenId.nullish(),
  byte_fallback: flag.nullish(),
});

const MODELS = {
  BPE: bpe,
  Unigram: unigram,
  WordLevel: fields({ vocab: mapOf(tokenId), unk_token: text }),
};
const typedModel = byType(MODELS);

const addedToken = fields({
  id: tokenId,
  content: text,
  single_word: flag,
  lstrip: flag,
  rstrip: flag,
  normalized: flag,
  special: flag,
});

const tokenizer = fields({
  added_tokens: listOf(addedToken).nullish(),
  normalizer: oneOrSequence(NORMALIZERS, 'normalizers').nullish(),
  pre_tokenizer: oneOrSequence(PRE_TOKENIZERS, 'pretokenizers').nullish(),
  post_processor: oneOrSequence(POST_PROCESSORS, 'processors').nullish(),
  decoder: oneOrSequence(DECODERS, 'decoders').nullish(),
  // The oldest files have no type of model. They are BPE.
  model: object.superRefine((model, context) => {
    forward('type' in model ? typedModel : bpe, model, [], context);
  }),
});
