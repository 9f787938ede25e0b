import { formatItems } from '../../shared/format.js';
import type { Terminal } from '../../shared/terminal.js';
import type { Pace } from './talker.js';
import { besides, GAP, TextColumn } from './text-column.js';

/** A reply as a stream, with the name of its model. */
export interface NamedReply {
  readonly name: string;
  readonly parts: AsyncGenerator<string, Pace>;
}

/** Minimum width of a readable column, in cells. */
const NARROW = 24;

/**
 * Shows replies as they arrive. Several are side by side if the terminal is wide enough, else one after another.
 *
 * @param quiet do not say how fast they came
 */
export async function showReplies(
  replies: readonly NamedReply[],
  terminal: Terminal,
  quiet = false,
): Promise<void> {
  const width = Math.floor(((terminal.width ?? 0) - 1 - GAP.length * (replies.length - 1)) / replies.length);
  const paces =
    replies.length > 1 && width >= NARROW
      ? await showBesides(replies, width, terminal)
      : await showInTurn(replies, terminal);
  if (quiet) return;
  for (const [index, { tokens, seconds }] of paces.entries()) {
    const name = replies.length > 1 ? `${replies[index]!.name}: ` : '';
    terminal.note(`${name}${formatItems(tokens, 'token')}, ${(tokens / seconds).toFixed(1)} per second`);
  }
}

async function showInTurn(replies: readonly NamedReply[], terminal: Terminal): Promise<Pace[]> {
  const paces: Pace[] = [];
  for (const { name, parts } of replies) {
    if (replies.length > 1) terminal.write(`${name}:\n`);
    for (;;) {
      const { done, value } = await parts.next();
      if (done) {
        paces.push(value);
        break;
      }
      terminal.write(value);
    }
    terminal.write('\n');
  }
  return paces;
}

/** The models take turns, one part each. A row is final when every column is past it; only the last row is redrawn. */
async function showBesides(
  replies: readonly NamedReply[],
  width: number,
  terminal: Terminal,
): Promise<Pace[]> {
  const heads = replies.map(({ name }) => {
    const head = new TextColumn(width);
    head.push(name);
    return head;
  });
  terminal.write(`${besides(heads, 0)}\n`);
  const columns = replies.map(() => new TextColumn(width));
  const paces: (Pace | undefined)[] = replies.map(() => undefined);
  let row = 0;
  while (paces.includes(undefined)) {
    for (const [index, { parts }] of replies.entries()) {
      if (paces[index] !== undefined) continue;
      const { done, value } = await parts.next();
      if (done) paces[index] = value;
      else columns[index]!.push(value);
    }
    const longest = Math.max(...columns.map(({ rows }) => rows.length));
    const past = Math.min(
      ...columns.map(({ rows }, index) => (paces[index] ? longest : rows.length - 1)),
      longest,
    );
    while (row < past) terminal.write(`\r${besides(columns, row++)}\n`);
    if (row < longest) terminal.write(`\r${besides(columns, row)}`);
  }
  return paces as Pace[];
}
