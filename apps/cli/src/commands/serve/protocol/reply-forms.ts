import type { Tokenizer } from '@grasp/tokenizer';
import type { CompletionEnd } from '../../../shared/generation/complete.js';
import type { TokenScores } from '../../../shared/generation/token-scores.js';
import { chatScores, textScores } from './score-forms.js';

/** A whole reply, or a part of it. */
interface ReplyText {
  readonly index: number;
  readonly text: string;
  /** Characters of the reply before this part. */
  readonly offset: number;
  /** Undefined if the request did not ask for scores. */
  readonly scores: readonly TokenScores[] | undefined;
}

/** How an endpoint writes replies: as elements of `choices`. */
export interface ReplyForm {
  /** Prefix of ids. */
  readonly id: string;
  readonly object: string;
  readonly chunkObject: string;
  /** What a stream sends before the first part of a reply. */
  start(index: number): object | undefined;
  part(part: ReplyText, tokenizer: Tokenizer): Promise<object>;
  end(index: number, reason: CompletionEnd['reason']): object;
  whole(reply: ReplyText, reason: CompletionEnd['reason'], tokenizer: Tokenizer): Promise<object>;
}

/** `/v1/chat/completions` */
export const chatForm: ReplyForm = {
  id: 'chatcmpl',
  object: 'chat.completion',
  chunkObject: 'chat.completion.chunk',
  start: (index) => ({
    index,
    delta: { role: 'assistant', content: '' },
    logprobs: null,
    finish_reason: null,
  }),
  part: async ({ index, text, scores }, tokenizer) => ({
    index,
    delta: { content: text },
    logprobs: scores ? await chatScores(scores, tokenizer) : null,
    finish_reason: null,
  }),
  end: (index, reason) => ({ index, delta: {}, logprobs: null, finish_reason: reason }),
  whole: async ({ index, text, scores }, reason, tokenizer) => ({
    index,
    message: { role: 'assistant', content: text, refusal: null },
    logprobs: scores ? await chatScores(scores, tokenizer) : null,
    finish_reason: reason,
  }),
};

const textChoice = async (
  { index, text, scores, offset }: ReplyText,
  reason: CompletionEnd['reason'] | null,
  tokenizer: Tokenizer,
) => ({
  index,
  text,
  logprobs: scores ? await textScores(scores, tokenizer, offset) : null,
  finish_reason: reason,
});

/** `/v1/completions` */
export const textForm: ReplyForm = {
  id: 'cmpl',
  object: 'text_completion',
  chunkObject: 'text_completion',
  start: () => undefined,
  part: (part, tokenizer) => textChoice(part, null, tokenizer),
  end: (index, reason) => ({ index, text: '', logprobs: null, finish_reason: reason }),
  whole: textChoice,
};
