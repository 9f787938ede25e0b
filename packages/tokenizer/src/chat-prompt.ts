import type { TokenizerRoles } from '@grasp/checkpoint';
import { Template } from '@huggingface/jinja';

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** The chat template cannot be parsed, or it refuses the conversation. */
export class ChatTemplateError extends Error {
  override readonly name = 'ChatTemplateError';
  readonly code = 'GRASP_CHAT_TEMPLATE';
}

/** Renders a conversation as the model's prompt, up to the start of its reply. */
export type ChatPrompt = (messages: readonly Message[]) => string;

/**
 * Compiles the chat template of a model. Returns undefined if the model has none.
 *
 * @throws ChatTemplateError if the template cannot be parsed. The returned function throws it if the template refuses a
 *   conversation.
 */
export function chatPrompt({ chatTemplate, special }: TokenizerRoles): ChatPrompt | undefined {
  if (chatTemplate === undefined) return undefined;
  const template = orTemplateError(() => new Template(chatTemplate));
  const tokens = Object.fromEntries(Object.entries(special).map(([role, text]) => [`${role}_token`, text]));
  return (messages) =>
    orTemplateError(() => template.render({ ...tokens, messages, add_generation_prompt: true }));
}

function orTemplateError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ChatTemplateError(`The chat template of the model failed: ${why}`, {
      cause: error,
    });
  }
}
