import type { TokenizerRoles } from '@grasp/checkpoint';
import { Template } from '@huggingface/jinja';

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** A model's chat template that does not take the conversation. */
export class ChatTemplateError extends Error {
  override readonly name = 'ChatTemplateError';
  readonly code = 'GRASP_CHAT_TEMPLATE';
}

/** Makes the text a model reads of a conversation, up to where its reply begins. */
export type ChatPrompt = (messages: readonly Message[]) => string;

/**
 * The chat template of a model as a function; undefined for a model that has none.
 *
 * @throws ChatTemplateError for a template that cannot be read; the function throws it where the template refuses.
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
    throw new ChatTemplateError(`The model's chat template does not take this conversation: ${why}`, {
      cause: error,
    });
  }
}
