import type { Tokenizer } from '@grasp/tokenizer';
import { splitTrailingSpace } from '../tasks/python-text.js';
import type { Prompt } from '../tasks/task.js';

/** A prompt as token ids. */
export interface EncodedPrompt {
  readonly context: Int32Array;
  readonly continuation: Int32Array;
}

/**
 * Context and continuation as ids, cut the way lm-evaluation-harness cuts them: white space at the end of the context
 * belongs to the continuation, the text is encoded whole, and the continuation is what the whole has beyond the length
 * of the context encoded alone.
 */
export async function encodePrompt(tokenizer: Tokenizer, prompt: Prompt): Promise<EncodedPrompt> {
  const [text, space] = splitTrailingSpace(prompt.context);
  const [context, whole] = await Promise.all([
    tokenizer.encode(text),
    tokenizer.encode(text + space + prompt.continuation),
  ]);
  // The harness scores its own context ids followed by the rest, even where the border's token differs in the whole.
  return { context, continuation: whole.slice(context.length) };
}

/**
 * Drop ids from the left of the context until the model can read the prompt. The last id is only predicted, so
 * `contextLength + 1` ids fit.
 */
export function truncateLeft(prompt: EncodedPrompt, contextLength: number): EncodedPrompt {
  const excess = prompt.context.length + prompt.continuation.length - (contextLength + 1);
  return excess <= 0 ? prompt : { ...prompt, context: prompt.context.slice(excess) };
}
