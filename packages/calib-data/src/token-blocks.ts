import type { Tokenizer } from '@grasp/tokenizer';
import { DataOptionError, TextTooLongError, TextTooShortError } from './errors.js';
import { LIMITS } from './limits.js';
import { seededOrder } from './seeded-order.js';
import type { TextSource } from './text-source.js';
import { checkIds, sha256OfIds, type TokenBatch } from './token-batch.js';

/** Token blocks that know where they came from. */
export interface TokenBlocks extends TokenBatch {
  /** SHA-256 of the ids, hex; see `sha256OfIds`. */
  readonly fingerprint: string;
  /** One line for a person: sources, recipe, selection. */
  readonly description: string;
}

export interface TokenBlocksOptions {
  /** Tokens in a block. Default 512. */
  readonly length?: number;
  /** Blocks to take; default all there are. */
  readonly count?: number;
  /** Blocks to leave out at the start of the text. Default 0. */
  readonly offset?: number;
  /** Draw the blocks at random with this seed, instead of taking the first. */
  readonly seed?: number;
  /** What stands between two rows. Default a blank line. */
  readonly join?: string;
  /** Let the tokenizer add its own special tokens, once, around the whole text. Default false. */
  readonly specialTokens?: boolean;
  /** Ids the model has; default as many as the tokenizer has. */
  readonly vocabSize?: number;
}

/**
 * Calibration blocks by the paper's recipe (GRASPrune, arXiv 2604.19398): rows joined by a blank line, tokenised once
 * without a leading BOS, cut into blocks of equal length, the remainder dropped.
 *
 * @returns ids `[count, length]`.
 * @throws TextTooShortError, TextTooLongError, TokenIdError, DataOptionError, and what the sources throw.
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
    const recipe = `${count ?? 1} × ${length}${offset > 0 ? ` after the first ${offset}` : ''}`;
    const needed = ((count ?? 1) + offset) * length;
    throw new TextTooShortError(from, text.trim() === '' ? 0 : tokens.length, needed, recipe);
  }
  const taken = count ?? available;
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
    description: `${from}; rows joined by ${JSON.stringify(join)}; ${chosen}${offset > 0 ? ` after ${offset}` : ''}, ${how}`,
  };
}

/**
 * Evaluation windows by the paper's protocol: as `tokenBlocks`, but of 2048 tokens and with the special tokens the
 * tokenizer itself adds.
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
