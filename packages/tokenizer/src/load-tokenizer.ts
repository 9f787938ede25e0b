import { type Checkpoint, completeTokenizerJson } from '@grasp/checkpoint';
import { Tokenizer as NativeTokenizer } from 'tokenizers';
import {
  TokenizerFormatError,
  TokenizerMismatchError,
  TokenizerMissingError,
  TokenizerTextError,
} from './errors.js';
import { LIMITS } from './limits.js';
import { RUN_PATTERNS } from './safe-pattern.js';
import type { Tokenizer } from './tokenizer.js';
import { safeTokenizerJson } from './tokenizer-json.js';

/**
 * Loads the tokenizer of a checkpoint from its tokenizer.json. A GGUF checkpoint makes this file from its metadata. The
 * reference implementation computes the ids. Added tokens that only the files beside it name are read, as in transformers.
 *
 * Truncation and padding in the file are ignored.
 *
 * @throws TokenizerMissingError, TokenizerFormatError, and the errors of reading the file
 */
export async function loadTokenizer(checkpoint: Pick<Checkpoint, 'source' | 'files'>): Promise<Tokenizer> {
  const json = await completeTokenizerJson(checkpoint);
  if (json === undefined) {
    const slow = checkpoint.files.some(({ name }) => name === 'tokenizer.model' || name === 'vocab.json');
    throw new TokenizerMissingError(
      checkpoint.source,
      slow
        ? 'It has the older files. Load the tokenizer with transformers and save it again.'
        : 'Copy the file from the original model.',
    );
  }
  return parseTokenizer(json, checkpoint.source);
}

/**
 * Makes a tokenizer from the text of a tokenizer.json.
 *
 * @param source the name of the checkpoint, for messages
 * @throws TokenizerFormatError. Methods of the tokenizer throw it too: some defects show only with certain texts.
 */
export function parseTokenizer(json: string, source: string): Tokenizer {
  const refuse = (error: unknown): never => {
    throw new TokenizerFormatError(source, error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  };
  const safe = safeTokenizerJson(json, source);
  const runs = new Set(
    Object.entries(RUN_PATTERNS).flatMap(([pattern, run]) =>
      safe.includes(JSON.stringify(pattern)) ? [run] : [],
    ),
  );
  const native = nativeTokenizer(safe, refuse);
  const vocabSize = Object.values(native.getVocab(true)).reduce((most, id) => Math.max(most, id + 1), 0);
  return {
    vocabSize,
    async encode(text, options) {
      checkText(text, runs);
      const addSpecialTokens = options?.specialTokens ?? true;
      const encoding = await native.encode(text, null, { addSpecialTokens }).catch(refuse);
      return Int32Array.from(encoding.getIds());
    },
    decode: (ids, options) =>
      native.decode(Array.from(ids), options?.skipSpecialTokens ?? true).catch(refuse),
    tokenId: (token) => native.tokenToId(token) ?? undefined,
  };
}

/** @param quadratic the characters whose runs a pattern looks at whole at each character */
function checkText(text: string, quadratic: ReadonlySet<'digits' | 'spaces'>): void {
  const limit = quadratic.has('spaces') ? LIMITS.run : LIMITS.spaces;
  if (quadratic.has('digits')) checkRuns(text, /\p{Nd}+/gu, LIMITS.run, 'digits');
  checkRuns(text, /\s+/g, limit, 'characters of white space');
}

function checkRuns(text: string, runs: RegExp, limit: number, found: TokenizerTextError['found']): void {
  if (text.length <= limit) return;
  for (const [run] of text.matchAll(runs)) {
    if (run.length > limit) throw new TokenizerTextError(run.length, limit, found);
  }
}

function nativeTokenizer(json: string, refuse: (error: unknown) => never): NativeTokenizer {
  try {
    return NativeTokenizer.fromString(json);
  } catch (error) {
    return refuse(error);
  }
}

/**
 * Checks that every id of the tokenizer has an embedding. A model may have more embeddings than ids, because
 * vocabularies are padded.
 *
 * @param vocabSize number of rows of the model's embedding matrix
 * @throws TokenizerMismatchError
 */
export function checkTokenizerFits(tokenizer: Pick<Tokenizer, 'vocabSize'>, vocabSize: number): void {
  if (tokenizer.vocabSize > vocabSize) throw new TokenizerMismatchError(tokenizer.vocabSize, vocabSize);
}
