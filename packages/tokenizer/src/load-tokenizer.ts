import type { Checkpoint } from '@grasp/checkpoint';
import { Tokenizer as NativeTokenizer } from 'tokenizers';
import { TokenizerFormatError, TokenizerMismatchError, TokenizerMissingError } from './errors.js';
import type { Tokenizer } from './tokenizer.js';

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

/** A tokenizer from the text of a tokenizer.json. `source` is named in errors. */
export function parseTokenizer(json: string, source: string): Tokenizer {
  let native: NativeTokenizer;
  try {
    native = NativeTokenizer.fromString(json);
    native.disableTruncation();
    native.disablePadding();
  } catch (error) {
    throw new TokenizerFormatError(source, error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
  const vocabSize = Object.values(native.getVocab(true)).reduce((most, id) => Math.max(most, id + 1), 0);
  return {
    vocabSize,
    async encode(text, options) {
      const addSpecialTokens = options?.specialTokens ?? true;
      const encoding = await native.encode(text, null, { addSpecialTokens });
      return Int32Array.from(encoding.getIds());
    },
    decode: (ids, options) => native.decode(Array.from(ids), options?.skipSpecialTokens ?? true),
    tokenId: (token) => native.tokenToId(token) ?? undefined,
  };
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
