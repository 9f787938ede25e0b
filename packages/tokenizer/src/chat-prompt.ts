import type { TokenizerRoles } from '@grasp/checkpoint';
import { LIMITS } from './limits.js';
import { compileTemplate, type Template } from './template/render.js';

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
 * Renders a conversation as the model's prompt, up to the start of its reply. An aborted `signal` rejects with its reason.
 * With `generationPrompt` false, the text ends with the last message: a whole conversation, to learn from.
 */
export type ChatPrompt = (
  messages: readonly Message[],
  signal?: AbortSignal,
  generationPrompt?: boolean,
) => Promise<string>;

/**
 * Compiles the chat template of a model. Returns undefined if the model has none. The returned function gives the text of
 * transformers' `apply_chat_template`, or refuses: it never gives another text. Limits bound the steps and the text of a
 * rendering.
 *
 * @throws ChatTemplateError if the template has syntax that is not supported. The returned function throws it if the template
 *   refuses a conversation, uses something that is not supported, or passes a limit.
 */
export function chatPrompt({ chatTemplate, special }: TokenizerRoles): ChatPrompt | undefined {
  if (chatTemplate === undefined) return undefined;
  if (chatTemplate.length > LIMITS.templateCharacters) {
    throw templateError(new Error(`it has more than ${LIMITS.templateCharacters} characters`));
  }
  let template: Template;
  try {
    template = compileTemplate(chatTemplate);
  } catch (error) {
    throw templateError(error);
  }
  const tokens = Object.fromEntries(Object.entries(special).map(([role, text]) => [`${role}_token`, text]));
  return async (messages, signal, generationPrompt = true) => {
    signal?.throwIfAborted();
    try {
      // transformers defines tools and documents, as None.
      const given = { ...tokens, messages, tools: null, documents: null };
      return template({ ...given, add_generation_prompt: generationPrompt });
    } catch (error) {
      throw templateError(error);
    }
  };
}

function templateError(error: unknown): ChatTemplateError {
  const why = error instanceof Error ? error.message : String(error);
  return new ChatTemplateError(`The chat template of the model failed: ${why}`, { cause: error });
}
