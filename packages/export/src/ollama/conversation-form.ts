/** A message of a conversation. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** Renders a conversation as a prompt, up to the start of the model's reply. */
export type RenderChat = (messages: readonly ChatMessage[]) => Promise<string>;

/**
 * What a chat template writes between the messages of a conversation, in which user and assistant take turns. Most templates
 * have such a form, however they are written.
 */
export interface ConversationForm {
  /** Before a first user message, when there is no system message. */
  readonly start: string;
  /** Before and after a system message, which comes first. Undefined: the template refuses system messages. */
  readonly system?: { readonly before: string; readonly after: string };
  /** Between a user message and the reply to it, in the past. */
  readonly reply: string;
  /** Between a reply and the next user message. */
  readonly next: string;
  /** After the last user message: where the model's reply begins. */
  readonly end: string;
}

/** The chat template of a model has no form that another template language can state. */
export class ChatFormError extends Error {
  override readonly name = 'ChatFormError';
  readonly code = 'GRASP_EXPORT_CHAT_FORM';
  constructor(problem: string) {
    super(
      `The chat template of the model cannot be written as a template of Ollama: ${problem}. ` +
        'Export with --gguf alone: llama.cpp reads the template from the file.',
    );
  }
}

const user = (content: string): ChatMessage => ({ role: 'user', content });
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content });
const system = (content: string): ChatMessage => ({ role: 'system', content });

/** Conversations whose rendering decides whether a form is that of the template. Contents have no space at their ends. */
const CHECKS: readonly (readonly ChatMessage[])[] = [
  [user('Hi')],
  [user('Is it 3 < 4?\n\n"Yes" & {{ no }}'), assistant('It is.\n- so'), user('Why')],
  [user('a'), assistant('b'), user('c'), assistant('d'), user('e'), assistant('f'), user('g')],
];

/**
 * Finds the form of a chat template from what it renders.
 *
 * @throws ChatFormError if conversations are rendered in another way than by a form; what `render` throws for one user message
 */
export async function conversationForm(render: RenderChat): Promise<ConversationForm> {
  const [start, end] = between(await render([user(A)]), [A]);
  const [again, reply, next, last] = between(await render([user(A), assistant(B), user(C)]), [A, B, C]);
  if (again !== start || last !== end) {
    throw new ChatFormError('it writes the first or the last message in another way when there are more');
  }
  const plain = { start: start!, reply: reply!, next: next!, end: end! };
  const form = { ...plain, ...(await systemForm(render)) };
  for (const messages of CHECKS) {
    await check(form, messages, render);
    if (form.system) await check(form, [system('Be brief.\nBe kind.'), ...messages], render);
  }
  return form;
}

async function systemForm(render: RenderChat): Promise<Pick<ConversationForm, 'system'>> {
  const text = await render([system(S), user(A)]).catch(() => undefined);
  if (text === undefined) return {};
  const [before, after] = between(text, [S, A]);
  return { system: { before: before!, after: after! } };
}

async function check(
  form: ConversationForm,
  messages: readonly ChatMessage[],
  render: RenderChat,
): Promise<void> {
  const expected = await render(messages);
  if (inForm(form, messages) === expected) return;
  const turns = messages.filter(({ role }) => role === 'user').length;
  throw new ChatFormError(
    `its text of a conversation of ${turns} user messages${messages[0]?.role === 'system' ? ' and a system message' : ''} ` +
      'does not follow from that of shorter ones',
  );
}

/** The text of a conversation in a form. */
export function inForm(form: ConversationForm, messages: readonly ChatMessage[]): string {
  return messages
    .map(({ role, content }, i) => {
      const isLast = i === messages.length - 1;
      if (role === 'system') return `${form.system?.before ?? ''}${content}${form.system?.after ?? ''}`;
      if (role === 'assistant') return `${content}${isLast ? '' : form.next}`;
      return `${i === 0 ? form.start : ''}${content}${isLast ? form.end : form.reply}`;
    })
    .join('');
}

/** Contents that no template writes by itself. */
const [A, B, C, S] = ['Qzx1', 'Qzx2', 'Qzx3', 'Qzx4'].map((word) => `${word} y`) as [
  string,
  string,
  string,
  string,
];

/** The texts around the contents, which must each appear once and in order. */
function between(text: string, contents: readonly string[]): string[] {
  const parts: string[] = [];
  let from = 0;
  for (const content of contents) {
    const at = text.indexOf(content, from);
    if (at < 0 || text.indexOf(content, at + 1) >= 0) {
      throw new ChatFormError('it does not write each message once, in order and unchanged');
    }
    parts.push(text.slice(from, at));
    from = at + content.length;
  }
  return [...parts, text.slice(from)];
}
