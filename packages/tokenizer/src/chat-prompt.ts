import type { TokenizerRoles } from '@grasp/checkpoint';
import { Template } from '@huggingface/jinja';
import { LIMITS } from './limits.js';
import { renderApart } from './render-apart.js';

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** The chat template cannot be parsed, refuses the conversation, or needs too much time or memory. */
export class ChatTemplateError extends Error {
  override readonly name = 'ChatTemplateError';
  readonly code = 'GRASP_CHAT_TEMPLATE';
}

/**
 * Renders a conversation as the model's prompt, up to the start of its reply. An abort of `signal` stops the template at once.
 */
export type ChatPrompt = (messages: readonly Message[], signal?: AbortSignal) => Promise<string>;

/**
 * Compiles the chat template of a model. Returns undefined if the model has none. Each call of the returned function renders
 * it in a process of its own, with limits on time and memory. Line ends are normalized, as in Jinja2.
 *
 * @throws ChatTemplateError if the template cannot be parsed. The returned function throws it if the template refuses a
 *   conversation, or passes a limit.
 */
export function chatPrompt({ chatTemplate, special }: TokenizerRoles): ChatPrompt | undefined {
  if (chatTemplate === undefined) return undefined;
  if (chatTemplate.length > LIMITS.templateCharacters) {
    throw templateError(new Error(`it has more than ${LIMITS.templateCharacters} characters`));
  }
  const template = chatTemplate.replace(/\r\n?/g, '\n');
  try {
    new Template(template);
  } catch (error) {
    throw templateError(error);
  }
  const tokens = Object.fromEntries(Object.entries(special).map(([role, text]) => [`${role}_token`, text]));
  return async (messages, signal) => {
    try {
      return await renderApart(template, { ...tokens, messages, add_generation_prompt: true }, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw templateError(error);
    }
  };
}

function templateError(error: unknown): ChatTemplateError {
  const why = error instanceof Error ? error.message : String(error);
  return new ChatTemplateError(`The chat template of the model failed: ${why}`, { cause: error });
}
