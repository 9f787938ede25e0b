import type { ChatPrompt, Tokenizer } from '@grasp/tokenizer';
import { ConversationError } from '../errors.js';
import type { Conversation } from './conversation.js';

/** A conversation as the model reads it. */
export interface ChatTokens {
  readonly ids: Int32Array;
  /** 1 for each token of a reply, its end token included; absent if nobody asked. */
  readonly replies?: Uint8Array;
}

/**
 * Renders a conversation by the chat template and tokenizes it as one text, as transformers' `apply_chat_template` does.
 *
 * @param wantsReplies whether to find the tokens of the replies. A token that a reply shares with the prompt is the reply's.
 * @throws ConversationError if the template refuses the conversation, or changes earlier turns when a later one follows.
 */
export async function chatTokens(
  conversation: Conversation,
  chat: ChatPrompt,
  tokenizer: Tokenizer,
  wantsReplies: boolean,
): Promise<ChatTokens> {
  const { messages, path, row } = conversation;
  const render = (count: number, generationPrompt: boolean) =>
    chat(messages.slice(0, count), undefined, generationPrompt).catch((cause: unknown) => {
      throw new ConversationError(path, row, (cause as Error).message, { cause });
    });
  const encode = (text: string) => tokenizer.encode(text, { specialTokens: false });
  const text = await render(messages.length, false);
  const ids = await encode(text);
  if (!wantsReplies) return { ids };
  const replies = new Uint8Array(ids.length);
  for (const [i, { role }] of messages.entries()) {
    if (role !== 'assistant') continue;
    const before = i === 0 ? '' : await render(i, true);
    // The end token is the last that the model writes; a line break after it is not.
    const through = (i === messages.length - 1 ? text : await render(i + 1, false)).trimEnd();
    if (!text.startsWith(before) || !text.startsWith(through)) {
      const problem = `the chat template changes message ${i + 1} or those before it when others follow, so the tokens of the replies are not known. Use the loss on all tokens, or one reply in each conversation.`;
      throw new ConversationError(path, row, problem);
    }
    replies.fill(1, commonStart(ids, await encode(before)), commonStart(ids, await encode(through)));
  }
  return { ids, replies };
}

/** Number of tokens at the start that two lists share. */
function commonStart(a: Int32Array, b: Int32Array): number {
  const most = Math.min(a.length, b.length);
  for (let i = 0; i < most; i++) if (a[i] !== b[i]) return i;
  return most;
}
