import { readRecords, recordColumns } from '../records/records.js';
import {
  type Conversation,
  type ConversationColumns,
  conversationColumns,
  conversationIn,
} from './conversation.js';

/** Conversations that are read on demand. */
export interface ConversationSource {
  /** File and columns. One line, for people. */
  readonly description: string;
  /** Reads them in order. */
  rows(): AsyncIterable<Conversation>;
  /** Records without a conversation that the last call of `rows` has skipped so far. */
  readonly skipped: number;
}

/**
 * The conversations in a file of records, if it holds some: in a column of lists, if one is named; otherwise in `messages`, or
 * `prompt` and `completion`, if there is no column `text`.
 *
 * @throws as `readRecords`.
 */
export async function conversationsIn(
  path: string,
  column?: string,
): Promise<ConversationSource | undefined> {
  const columns =
    column === undefined
      ? conversationColumns(await recordColumns(path))
      : (await holdsLists(path, column))
        ? ([column] as const)
        : undefined;
  return columns && new RecordConversations(path, columns);
}

/** Whether the first value of a column is a list. */
async function holdsLists(path: string, column: string): Promise<boolean> {
  for await (const { [column]: value } of readRecords(path, [column])) {
    if (value !== undefined && value !== null) return Array.isArray(value);
  }
  return false;
}

class RecordConversations implements ConversationSource {
  skipped = 0;
  readonly description: string;

  constructor(
    private readonly path: string,
    private readonly columns: ConversationColumns,
  ) {
    this.description = `${path} (conversations in ${columns.join(' and ')})`;
  }

  async *rows(): AsyncGenerator<Conversation> {
    const { path, columns } = this;
    let row = 0;
    this.skipped = 0;
    for await (const record of readRecords(path, columns)) {
      row += 1;
      const conversation = conversationIn(record, columns, path, row);
      if (conversation) yield conversation;
      else this.skipped += 1;
    }
  }
}
