import type { TokenizerRoles } from '@grasp/checkpoint';
import type { Tokenizer } from '@grasp/tokenizer';
import { type ConversationTokens, conversationTokens } from '../conversations/conversation-blocks.js';
import type { ConversationSource } from '../conversations/conversation-source.js';
import { DataOptionError, TextTooLongError, TextTooShortError } from '../errors.js';
import { LIMITS } from '../limits.js';
import type { TextSource } from '../sources/text-source.js';
import { seededOrder } from './seeded-order.js';
import { blocksFingerprint, checkIds, rows, type TokenBatch } from './token-batch.js';

/** Token blocks with their provenance. */
export interface TokenBlocks extends TokenBatch {
  /** SHA-256 in hex of the ids and, if there is one, the loss mask, from `blocksFingerprint`. */
  readonly fingerprint: string;
  /** Sources, recipe and selection. One line, for people. */
  readonly description: string;
  /** Conversations that were cut or left out. Default: none. */
  readonly warnings?: readonly string[];
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
  /** Reads the model's chat template. Needed if a source has conversations. */
  readonly roles?: () => Promise<TokenizerRoles>;
  /** Whether only the replies of conversations count in a loss. All tokens of text count. Default `all`. */
  readonly lossOn?: 'all' | 'replies';
}

/**
 * Makes calibration blocks by the recipe of GRASPrune (arXiv 2604.19398): joins the rows with a blank line, tokenizes the
 * text once without a leading BOS, divides it into blocks of equal length, and drops the remainder.
 *
 * Conversations go through the model's chat template. They are not joined and cut as text is: each starts in the block in
 * which it ends, or is cut if it is longer. Their blocks follow those of the text.
 *
 * If records without text were skipped, the description says how many.
 *
 * @returns ids `[count, length]`, with a loss mask if only replies count and there are conversations.
 * @throws TextTooShortError, TextTooLongError, TokenIdError, DataOptionError, NoChatTemplateError, ConversationError, and the
 *   errors of the sources.
 */
export function tokenBlocks(
  sources: TextSource | readonly TextSource[],
  tokenizer: Tokenizer,
  options: TokenBlocksOptions = {},
): Promise<TokenBlocks> {
  return blocksOf(sources, tokenizer, options, { noun: 'block', remedy: 'shorter blocks' });
}

async function blocksOf(
  sources: TextSource | readonly TextSource[],
  tokenizer: Tokenizer,
  options: TokenBlocksOptions,
  { noun, remedy }: { readonly noun: string; readonly remedy: string },
): Promise<TokenBlocks> {
  const { length = 512, count, offset = 0, seed, join = '\n\n' } = options;
  atLeast('length', length, 1);
  atLeast('offset', offset, 0);
  if (count !== undefined) atLeast('count', count, 1);

  const { texts, chats } = await byKind('rows' in sources ? [sources] : sources);
  const from = [...texts, ...chats].map((source) => source.description).join(' + ');
  const { tokens, blank } = await textTokens(texts, tokenizer, options, from);
  const chat = await ofConversations(chats, tokenizer, { ...options, length });
  const blocks = wholeBlocks(tokens, chat, length);
  checkIds(blocks.ids, options.vocabSize ?? tokenizer.vocabSize);

  const available = blocks.shape[0] - offset;
  if (available < (count ?? 1)) {
    const asked = (count ?? 1) === 1 ? `1 ${noun}` : `${count} ${noun}s`;
    const recipe = `${asked} of ${length} tokens${offset > 0 ? ` after the first ${offset}` : ''}`;
    const needed = ((count ?? 1) + offset) * length;
    const found = blank && !chat ? 0 : tokens.length + (chat?.ids.length ?? 0);
    const apart = chat && texts.length > 0 ? `${from}, which fill blocks of their own` : from;
    throw new TextTooShortError(apart, found, needed, recipe, remedy);
  }
  const taken = count ?? available;
  const skipped = [...texts, ...chats].reduce((sum, source) => sum + (source.skipped ?? 0), 0);
  const without = skipped === 0 ? '' : `; ${skipped} rows without text skipped`;
  const order = seed === undefined ? undefined : seededOrder(available, seed);
  const chosen = rows(
    blocks,
    Array.from({ length: taken }, (_, i) => offset + (order ? order[i]! : i)),
  );
  const joins = texts.length > 0 ? `; rows joined by ${JSON.stringify(join)}` : '';
  const ofChat = chat ? '; conversations by the chat template' : '';
  const onReplies = chosen.lossMask ? ', loss on replies' : '';
  const some = `${taken} of ${available} blocks of ${length} tokens`;
  const how = seed === undefined ? 'in order' : `seed ${seed}`;
  return {
    ...chosen,
    fingerprint: blocksFingerprint(chosen),
    description: `${from}${without}${joins}${ofChat}${onReplies}; ${some}${offset > 0 ? ` after ${offset}` : ''}, ${how}`,
    ...(chat && chat.warnings.length > 0 ? { warnings: chat.warnings } : {}),
  };
}

async function byKind(sources: readonly TextSource[]) {
  const texts: TextSource[] = [];
  const chats: ConversationSource[] = [];
  for (const source of sources) {
    const conversations = await source.conversations?.();
    if (conversations) chats.push(conversations);
    else texts.push(source);
  }
  return { texts, chats };
}

async function textTokens(
  texts: readonly TextSource[],
  tokenizer: Tokenizer,
  { join = '\n\n', specialTokens = false }: TokenBlocksOptions,
  from: string,
): Promise<{ tokens: Int32Array; blank: boolean }> {
  const text = await joinRows(texts, join, from);
  const tokens = text === '' ? new Int32Array(0) : await tokenizer.encode(text, { specialTokens });
  return { tokens, blank: text.trim() === '' };
}

async function ofConversations(
  chats: readonly ConversationSource[],
  tokenizer: Tokenizer,
  { length, lossOn, roles }: TokenBlocksOptions & { readonly length: number },
): Promise<ConversationTokens | undefined> {
  if (chats.length === 0) return undefined;
  return conversationTokens(chats, tokenizer, { length, repliesOnly: lossOn === 'replies', roles });
}

/** The blocks of text, then those of conversations. What is left of either is dropped. */
function wholeBlocks(tokens: Int32Array, chat: ConversationTokens | undefined, length: number): TokenBatch {
  const ofText = Math.floor(tokens.length / length);
  const ofChat = Math.floor((chat?.ids.length ?? 0) / length);
  const shape = [ofText + ofChat, length] as const;
  if (!chat) return { ids: tokens.subarray(0, ofText * length), shape };
  const ids = new Int32Array(shape[0] * length);
  ids.set(tokens.subarray(0, ofText * length));
  ids.set(chat.ids.subarray(0, ofChat * length), ofText * length);
  if (!chat.replies) return { ids, shape };
  const lossMask = new Uint8Array(ids.length).fill(1, 0, ofText * length);
  lossMask.set(chat.replies.subarray(0, ofChat * length), ofText * length);
  return { ids, shape, lossMask };
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
  const windows = { length: 2048, specialTokens: true, ...options };
  return blocksOf(sources, tokenizer, windows, { noun: 'window', remedy: 'a shorter window' });
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
