import type { Tokenizer } from '@grasp/tokenizer';
import { DataOptionError, TextTooLongError, TextTooShortError } from '../errors.js';
import { LIMITS } from '../limits.js';
import type { TextSource } from '../sources/text-source.js';
import { seededOrder } from './seeded-order.js';
import { checkIds, sha256OfIds, type TokenBatch } from './token-batch.js';

/** Token blocks with their provenance. */
export interface TokenBlocks extends TokenBatch {
  /** SHA-256 of the ids in hex, from `sha256OfIds`. */
  readonly fingerprint: string;
  /** Sources, recipe and selection. One line, for people. */
  readonly description: string;
}

export interface TokenBlocksOptions {
  /** Tokens per block. Default 512. */
  readonly length?: number;
  /** Number of blocks. Default all. */
  readonly count?: number;
  /** Blocks to skip at the start of the text. Default 0. */
  readonly offset?: number;
  /** Seed for a random choice of blocks. Default: the first blocks. */
  readonly seed?: number;
  /** Text between two rows. Default a blank line. */
  readonly join?: string;
  /** Whether the tokenizer adds its special tokens, once for the whole text. Default false. */
  readonly specialTokens?: boolean;
  /** Vocabulary size of the model. Default: that of the tokenizer. */
  readonly vocabSize?: number;
}

/**
 * Makes calibration blocks by the recipe of GRASPrune (arXiv 2604.19398): joins the rows with a blank line, tokenizes the
 * text once without a leading BOS, divides it into blocks of equal length, and drops the remainder.
 *
 * If records without text were skipped, the description says how many.
 *
 * @returns ids `[count, length]`.
 * @throws TextTooShortError, TextTooLongError, TokenIdError, DataOptionError, and the errors of the sources.
 */
export async function tokenBlocks(
  sources: TextSource | readonly TextSource[],
  tokenizer: Tokenizer,
  options: TokenBlocksOptions = {},
): Promise<TokenBlocks> {
  const { length = 512, count, offset = 0, seed, join = '\n\n', specialTokens = false } = options;
  atLeast('length', length, 1);
  atLeast('offset', offset, 0);
  if (count !== undefined) atLeast('count', count, 1);

  const all = 'rows' in sources ? [sources] : sources;
  const from = all.map((source) => source.description).join(' + ');
  const text = await joinRows(all, join, from);
  const tokens = text === '' ? new Int32Array(0) : await tokenizer.encode(text, { specialTokens });
  checkIds(tokens, options.vocabSize ?? tokenizer.vocabSize);

  const available = Math.floor(tokens.length / length) - offset;
  if (available < (count ?? 1)) {
    const blocks = (count ?? 1) === 1 ? '1 block' : `${count} blocks`;
    const recipe = `${blocks} of ${length} tokens${offset > 0 ? ` after the first ${offset}` : ''}`;
    const needed = ((count ?? 1) + offset) * length;
    throw new TextTooShortError(from, text.trim() === '' ? 0 : tokens.length, needed, recipe);
  }
  const taken = count ?? available;
  const skipped = all.reduce((sum, source) => sum + (source.skipped ?? 0), 0);
  const without = skipped === 0 ? '' : `; ${skipped} rows without text skipped`;
  const ids = new Int32Array(taken * length);
  const order = seed === undefined ? undefined : seededOrder(available, seed);
  for (let i = 0; i < taken; i++) {
    const start = (offset + (order ? order[i]! : i)) * length;
    ids.set(tokens.subarray(start, start + length), i * length);
  }
  const chosen = `${taken} of ${available} blocks of ${length} tokens`;
  const how = seed === undefined ? 'in order' : `seed ${seed}`;
  return {
    ids,
    shape: [taken, length],
    fingerprint: sha256OfIds(ids),
    description: `${from}${without}; rows joined by ${JSON.stringify(join)}; ${chosen}${offset > 0 ? ` after ${offset}` : ''}, ${how}`,
  };
}

/**
 * Makes evaluation windows by the protocol of the paper: like `tokenBlocks`, with 2048 tokens per window and the special
 * tokens of the tokenizer.
 */
export function evaluationWindows(
  sources: TextSource | readonly TextSource[],
  tokenizer: Tokenizer,
  options: TokenBlocksOptions = {},
): Promise<TokenBlocks> {
  return tokenBlocks(sources, tokenizer, { length: 2048, specialTokens: true, ...options });
}

async function joinRows(sources: readonly TextSource[], join: string, from: string): Promise<string> {
  const rows: string[] = [];
  let characters = 0;
  for (const source of sources) {
    for await (const row of source.rows()) {
      characters += row.length + join.length;
      if (characters > LIMITS.textCharacters) throw new TextTooLongError(from, LIMITS.textCharacters);
      rows.push(row);
    }
  }
  return rows.join(join);
}

function atLeast(option: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw new DataOptionError(option, value, `an integer of at least ${least}`);
}
