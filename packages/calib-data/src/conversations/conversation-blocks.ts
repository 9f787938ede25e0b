import type { TokenizerRoles } from '@grasp/checkpoint';
import { chatPrompt, type Tokenizer } from '@grasp/tokenizer';
import { ConversationError, DataOptionError, NoChatTemplateError } from '../errors.js';
import { type ChatTokens, chatTokens } from './chat-tokens.js';
import type { ConversationSource } from './conversation-source.js';

export interface ConversationOptions {
  /** Tokens per block. */
  readonly length: number;
  /** Whether only replies count in the loss. */
  readonly repliesOnly: boolean;
  /** Reads the model's chat template. */
  readonly roles?: (() => Promise<TokenizerRoles>) | undefined;
}

/** Tokens to be cut into blocks. */
export interface ConversationTokens {
  readonly ids: Int32Array;
  /** 1 for each token of a reply; absent if all tokens count. */
  readonly replies?: Uint8Array;
  /** What was cut or left out, for people. */
  readonly warnings: readonly string[];
}

/**
 * Conversations one after another, so that each starts in the block in which it ends. One that does not fit into the rest of
 * a block fills it with its beginning and starts again in the next block: no token is padding, and every reply follows its
 * question. A conversation longer than a block is cut. If only replies count, one whose replies all start later is left out.
 *
 * @throws NoChatTemplateError; ConversationError, also if no conversation has a reply within a block.
 */
export async function conversationTokens(
  sources: readonly ConversationSource[],
  tokenizer: Tokenizer,
  { length, repliesOnly, roles }: ConversationOptions,
): Promise<ConversationTokens> {
  if (!roles) throw new DataOptionError('roles', roles, `a function, because of ${sources[0]!.description}`);
  const chat = chatPrompt(await roles());
  if (!chat) throw new NoChatTemplateError(sources[0]!.description);
  const kept: ChatTokens[] = [];
  const [cut, leftOut] = [new Places(), new Places()];
  let last: ConversationError | undefined;
  for (const source of sources) {
    for await (const conversation of source.rows()) {
      const tokens = await chatTokens(conversation, chat, tokenizer, repliesOnly);
      const { path, row } = conversation;
      // The first token of a block is not predicted.
      const reply = tokens.replies?.indexOf(1, 1) ?? 0;
      if (reply < 0 || reply >= length) {
        leftOut.add(path, row);
        last = new ConversationError(path, row, misfit(reply, length));
      } else {
        if (tokens.ids.length > length) cut.add(path, row);
        kept.push(tokens);
      }
    }
  }
  if (kept.length === 0 && last) throw last;
  const warnings = [
    ...cut.warning(`does not fit into a block of ${length} tokens and is cut`),
    ...leftOut.warning(`has no reply that begins within a block of ${length} tokens and is left out`),
  ];
  return { ...joined(kept, length), warnings };
}

const misfit = (reply: number, length: number): string =>
  reply < 0
    ? 'the conversation has no reply, and only replies count in the loss. Add one, or use the loss on all tokens.'
    : `the first reply begins at token ${reply + 1}, and a block has ${length}. Use longer blocks, a shorter conversation, or the loss on all tokens.`;

/** Counts rows for a warning, which names the first one. */
class Places {
  private first: string | undefined;
  private count = 0;

  add(path: string, row: number): void {
    this.first ??= `${path}, row ${row}`;
    this.count++;
  }

  warning(what: string): string[] {
    if (this.first === undefined) return [];
    const others = this.count === 1 ? '' : ` (and ${this.count - 1} more)`;
    return [`${this.first}${others}: the conversation ${what}. Longer blocks hold more.`];
  }
}

function joined(
  conversations: readonly ChatTokens[],
  length: number,
): Pick<ConversationTokens, 'ids' | 'replies'> {
  const pieces: [ChatTokens, number][] = [];
  let room = 0; // in the current block
  for (const conversation of conversations) {
    const size = Math.min(conversation.ids.length, length);
    if (size > room) {
      if (room > 0) pieces.push([conversation, room]);
      room = length;
    }
    pieces.push([conversation, size]);
    room -= size;
  }
  const total = pieces.reduce((sum, [, size]) => sum + size, 0);
  const ids = new Int32Array(total);
  const replies = conversations[0]?.replies && new Uint8Array(total);
  let at = 0;
  for (const [conversation, size] of pieces) {
    ids.set(conversation.ids.subarray(0, size), at);
    replies?.set(conversation.replies!.subarray(0, size), at);
    at += size;
  }
  return { ids, ...(replies ? { replies } : {}) };
}
