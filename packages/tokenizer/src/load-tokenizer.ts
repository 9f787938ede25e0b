import type { Checkpoint } from '@grasp/checkpoint';
import { Tokenizer as NativeTokenizer } from 'tokenizers';
import {
  TokenizerFormatError,
  TokenizerMismatchError,
  TokenizerMissingError,
  TokenizerTextError,
} from './errors.js';
import { LIMITS } from './limits.js';
import type { Tokenizer } from './tokenizer.js';
import { safeTokenizerJson } from './tokenizer-json.js';

/**
 * The tokenizer of a checkpoint, from its tokenizer.json (which a GGUF checkpoint makes from its metadata). Ids are
 * those of the reference implementation, as it is the reference implementation that computes them.
 *
 * Truncation and padding that a tokenizer.json may ask for are switched off: texts come back whole.
 *
 * @throws TokenizerMissingError, TokenizerFormatError, and what reading the file throws
 */
export async function loadTokenizer(checkpoint: Pick<Checkpoint, 'source' | 'files'>): Promise<Tokenizer> {
  const file = checkpoint.files.find(({ name }) => name === 'tokenizer.json');
  if (file === undefined) {
    const slow = checkpoint.files.some(({ name }) => name === 'tokenizer.model' || name === 'vocab.json');
    throw new TokenizerMissingError(
      checkpoint.source,
      slow
        ? 'It has the older files: load it with transformers and save it again to get one.'
        : 'Copy it from the model this checkpoint was made from.',
    );
  }
  return parseTokenizer(new TextDecoder().decode(await file.read()), checkpoint.source);
}

/**
 * A tokenizer from the text of a tokenizer.json. `source` is named in errors.
 *
 * @throws TokenizerFormatError; so do its methods, as a part of a file may fail on some texts only
 */
export function parseTokenizer(json: string, source: string): Tokenizer {
  const refuse = (error: unknown): never => {
    throw new TokenizerFormatError(source, error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  };
  const native = nativeTokenizer(safeTokenizerJson(json, source), refuse);
  const vocabSize = Object.values(native.getVocab(true)).reduce((most, id) => Math.max(most, id + 1), 0);
  return {
    vocabSize,
    async encode(text, options) {
      checkText(text);
      const addSpecialTokens = options?.specialTokens ?? true;
      const encoding = await native.encode(text, null, { addSpecialTokens }).catch(refuse);
      return Int32Array.from(encoding.getIds());
    },
    decode: (ids, options) =>
      native.decode(Array.from(ids), options?.skipSpecialTokens ?? true).catch(refuse),
    tokenId: (token) => native.tokenToId(token) ?? undefined,
  };
}

function checkText(text: string): void {
  if (text.length <= LIMITS.spaces) return;
  for (const [spaces] of text.matchAll(/\s+/g)) {
    if (spaces.length > LIMITS.spaces) throw new TokenizerTextError(spaces.length, LIMITS.spaces);
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
 * Checks that every id of the tokenizer has an embedding. Fewer ids than embeddings are usual: vocabularies are
 * padded.
 *
 * @param vocabSize rows of the model's embedding matrix
 * @throws TokenizerMismatchError
 */
export function checkTokenizerFits(tokenizer: Pick<Tokenizer, 'vocabSize'>, vocabSize: number): void {
  if (tokenizer.vocabSize > vocabSize) throw new TokenizerMismatchError(tokenizer.vocabSize, vocabSize);
}
