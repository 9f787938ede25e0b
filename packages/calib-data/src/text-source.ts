import { DataOptionError, MissingColumnError } from './errors.js';
import { fileLines } from './file-lines.js';
import { type DataRecord, isRecordsFile, readRecords } from './records.js';

/** Text as rows, read when asked for. */
export interface TextSource {
  /** One line for a person: file or data set, and how it is cut into rows. */
  readonly description: string;
  /** Its rows in order, read as they are asked for. */
  rows(): AsyncIterable<string>;
}

/**
 * How a plain text file becomes rows.
 *
 * - `raw`: a row a line, as the Hugging Face `wikitext` data set has them: a blank line is the empty string, any other
 *   keeps its newline.
 * - `lines`: a row a line, without its newline.
 * - `whole`: the file is one row.
 */
export type RowConvention = 'raw' | 'lines' | 'whole';

/** The convention a plain file's name suggests: `raw` for `.raw`, else `lines`. */
export function rowConventionOf(path: string): RowConvention {
  return path.endsWith('.raw') ? 'raw' : 'lines';
}

/** Rows already in memory. */
export function textRows(rows: readonly string[], description = 'text in memory'): TextSource {
  return {
    description,
    async *rows() {
      yield* rows;
    },
  };
}

export interface TextFileOptions {
  /** Of a plain text file; default by its name, see `rowConventionOf`. */
  readonly rows?: RowConvention;
  /** Of a JSON Lines or Parquet file, the column with the text. Default `text`. */
  readonly column?: string;
}

/**
 * A file of text: JSON Lines (`.jsonl`, `.json`, either `.gz`), Parquet, or plain UTF-8 text by any other name.
 * Nothing is read before its rows are; then DataFileError, BadJsonLineError or MissingColumnError may be thrown.
 */
export function textFile(path: string, options: TextFileOptions = {}): TextSource {
  if (isRecordsFile(path)) {
    const column = options.column ?? 'text';
    return { description: `${path} (column ${column})`, rows: () => columnOf(path, column) };
  }
  const convention = options.rows ?? rowConventionOf(path);
  return { description: `${path} (rows: ${convention})`, rows: () => plainRows(path, convention) };
}

/** The first `count` rows of a source. */
export function firstRows(source: TextSource, count: number): TextSource {
  if (!Number.isInteger(count) || count < 1) throw new DataOptionError('count', count, 'a positive integer');
  return {
    description: `${source.description}, first ${count} rows`,
    async *rows() {
      let taken = 0;
      for await (const row of source.rows()) {
        yield row;
        taken += 1;
        if (taken === count) return;
      }
    },
  };
}

async function* plainRows(path: string, convention: RowConvention): AsyncGenerator<string> {
  if (convention === 'whole') {
    const lines: string[] = [];
    for await (const line of fileLines(path)) lines.push(line);
    yield lines.join('');
    return;
  }
  for await (const line of fileLines(path)) {
    const blank = line.trim() === '';
    if (convention === 'raw') yield blank ? '' : line;
    else yield line.endsWith('\n') ? line.slice(0, -1) : line;
  }
}

async function* columnOf(path: string, column: string): AsyncGenerator<string> {
  let record = 0;
  for await (const values of readRecords(path, [column])) {
    record += 1;
    yield textOf(values, column, path, record);
  }
}

function textOf(values: DataRecord, column: string, path: string, record: number): string {
  const text = values[column];
  if (typeof text === 'string') return text;
  throw new MissingColumnError(path, column, Object.keys(values), `, record ${record}`);
}
