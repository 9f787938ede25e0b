import type { Message } from '@grasp/tokenizer';
import { ConversationError } from '../errors.js';
import type { DataRecord } from '../records/records.js';

/** A conversation, and where it was read. */
export interface Conversation {
  readonly messages: readonly Message[];
  readonly path: string;
  /** From 1. */
  readonly row: number;
}

/** The columns of a file that hold a conversation: one with all messages, or one with what is asked and one with the reply. */
export type ConversationColumns = readonly [messages: string] | readonly ['prompt', 'completion'];

const ROLES: readonly string[] = ['system', 'user', 'assistant'] satisfies Message['role'][];
const REPAIR = 'Correct the row, or remove it.';

/** The columns with conversations in a file that has no column of text. */
export function conversationColumns(columns: readonly string[]): ConversationColumns | undefined {
  if (columns.includes('text')) return undefined;
  if (columns.includes('messages')) return ['messages'];
  return columns.includes('prompt') && columns.includes('completion') ? ['prompt', 'completion'] : undefined;
}

/**
 * The conversation in a record. `prompt` and `completion` are texts, of the user and of the assistant, or lists of messages.
 *
 * @returns undefined if the record has a value in none of the columns.
 * @throws ConversationError if it holds something else.
 */
export function conversationIn(
  record: DataRecord,
  columns: ConversationColumns,
  path: string,
  row: number,
): Conversation | undefined {
  const values = columns.map((name) => record[name] ?? undefined);
  if (values.every((value) => value === undefined)) return undefined;
  const fail = (problem: string): never => {
    throw new ConversationError(path, row, `${problem}. ${REPAIR}`);
  };
  const messages = columns.flatMap((name, i) => {
    const value = values[i];
    const role = (['user', 'assistant'] as const)[i]!;
    if (columns.length === 2 && typeof value === 'string') return [{ role, content: value }];
    if (Array.isArray(value)) return value.map((each, at) => messageOf(each, `${name}[${at}]`, fail));
    const expected = columns.length === 2 ? 'a text or a list of messages' : 'a list of messages';
    return fail(`"${name}" is ${shown(value)}; expected ${expected}`);
  });
  if (messages.length === 0) fail('the conversation has no message');
  return { messages, path, row };
}

function messageOf(value: unknown, where: string, fail: (problem: string) => never): Message {
  const example = '{ "role": "user", "content": "…" }';
  if (typeof value !== 'object' || value === null) fail(`${where} is ${shown(value)}; expected ${example}`);
  const { role, content } = value as Readonly<Record<string, unknown>>;
  if (typeof role !== 'string' || !ROLES.includes(role))
    fail(`the role of ${where} is ${shown(role)}; expected ${ROLES.join(', ')}`);
  if (typeof content !== 'string') fail(`the content of ${where} is ${shown(content)}; expected a text`);
  return { role, content } as Message;
}

const SHOWN = 40;

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part));
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
