import { writeFile } from 'node:fs/promises';
import { type TextSource, TextTooShortError } from '@grasp/calib-data';
import type { Tokenizer } from '@grasp/tokenizer';

/** A data set that the paper's code loads, and the column that it reads. */
interface RequestedDataset {
  readonly name: string;
  readonly split: string | null;
  readonly column: string;
}

export const GATE_TEXT: RequestedDataset = { name: 'wikitext', split: 'train', column: 'text' };
export const SCALE_TEXT: RequestedDataset = { name: 'wikitext', split: 'validation', column: 'text' };

/** Data sets of the paper's evaluator, by its names for the texts. */
export const OFFICIAL_TEXTS: Readonly<Record<string, RequestedDataset>> = {
  wikitext2: { name: 'wikitext', split: 'test', column: 'text' },
  ptb: { name: 'ptb_text_only', split: 'test', column: 'sentence' },
  // A JSON file of the clone, loaded without a split.
  c4: { name: 'json', split: null, column: 'text' },
};

/** Local rows that `run_official.py` returns for a data set. */
export interface LocalDataset extends RequestedDataset {
  /** JSON Lines file, with the text of each row in the field `text`. */
  readonly rows: string;
}

/** Writes rows to a file that replaces a data set. */
export async function writeLocalDataset(
  path: string,
  requested: RequestedDataset,
  rows: readonly string[],
): Promise<LocalDataset> {
  await writeFile(path, rows.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  return { ...requested, rows: path };
}

/**
 * The rows of a text. With `tokens`, the shortest prefix of the rows that has as many tokens when joined by blank lines,
 * as the evaluator joins them.
 *
 * @throws TextTooShortError if the text has no rows.
 */
export async function rowsOf(
  source: TextSource,
  tokenizer: Tokenizer,
  tokens = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  const rows: string[] = [];
  for await (const row of source.rows()) rows.push(row);
  if (rows.length === 0) throw new TextTooShortError(source.description, 0, 1, 'a row');
  if (tokens === Number.POSITIVE_INFINITY) return rows;
  const holds = async (count: number) =>
    (await tokenizer.encode(rows.slice(0, count).join('\n\n'))).length >= tokens;
  let [low, high] = [1, rows.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await holds(middle)) high = middle;
    else low = middle + 1;
  }
  return rows.slice(0, high);
}
