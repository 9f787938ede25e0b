import { writeFile } from 'node:fs/promises';
import type { TextSource } from '@grasp/calib-data';
import type { Tokenizer } from '@grasp/tokenizer';
import { OfficialError } from '../../../shared/official/official-error.js';

/** A data set as the paper's code asks for it, and the column it reads. */
interface AskedFor {
  readonly name: string;
  readonly split: string | null;
  readonly column: string;
}

export const GATE_TEXT: AskedFor = { name: 'wikitext', split: 'train', column: 'text' };
export const SCALE_TEXT: AskedFor = { name: 'wikitext', split: 'validation', column: 'text' };

/** What it measures perplexity on, by its name of the text. */
export const OFFICIAL_TEXTS: Readonly<Record<string, AskedFor>> = {
  wikitext2: { name: 'wikitext', split: 'test', column: 'text' },
  ptb: { name: 'ptb_text_only', split: 'test', column: 'sentence' },
  // A file of the clone's own, asked for as JSON and without a split.
  c4: { name: 'json', split: null, column: 'text' },
};

/** What `run_official.py` is told of a data set. */
export interface LocalDataset extends AskedFor {
  /** A file of JSON Lines with the text under `text`. */
  readonly rows: string;
}

/** Writes rows to a file that stands in for a data set. */
export async function writeLocalDataset(
  path: string,
  asked: AskedFor,
  rows: readonly string[],
): Promise<LocalDataset> {
  await writeFile(path, rows.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  return { ...asked, rows: path };
}

/** All rows of a text, or as many of the first as hold `tokens` when joined as the evaluator joins them. */
export async function rowsOf(
  source: TextSource,
  tokenizer: Tokenizer,
  tokens = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  const rows: string[] = [];
  for await (const row of source.rows()) rows.push(row);
  if (rows.length === 0) throw new OfficialError(`${source.description} has no row.`);
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
