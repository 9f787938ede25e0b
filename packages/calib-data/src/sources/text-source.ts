import { type ConversationSource, conversationsIn } from '../conversations/conversation-source.js';
import { DataFileError, DataOptionError, MissingColumnError } from '../errors.js';
import { fileLines } from '../records/file-lines.js';
import { isRecordsFile, readRecords } from '../records/records.js';

/** Rows of text that are read on demand. */
export interface TextSource {
  /** File or data set, and how it is divided into rows. One line, for people. */
  readonly description: string;
  /** Reads the rows in order. */
  rows(): AsyncIterable<string>;
  /** Records without text that the last call of `rows` has skipped so far. Default 0. */
  readonly skipped?: number;
  /** The conversations, if the rows are such and not text. */
  conversations?(): Promise<ConversationSource | undefined>;
}

/**
 * How a plain text file is divided into rows.
 *
 * - `raw`: one row per line, as in the Hugging Face data set `wikitext`: a blank line is the empty string, and other
 *   lines keep their newline.
 * - `lines`: one row per line, without its newline.
 * - `whole`: one row per file.
 */
export type RowConvention = 'raw' | 'lines' | 'whole';

/** Returns the default convention for a plain text file: `raw` for `.raw`, otherwise `lines`. */
export function rowConventionOf(path: string): RowConvention {
  return path.endsWith('.raw') ? 'raw' : 'lines';
}

/** A source of rows in memory. */
export function textRows(rows: readonly string[], description = 'text in memory'): TextSource {
  return {
    description,
    async *rows() {
      yield* rows;
    },
  };
}

export interface TextFileOptions {
  /** How to divide a plain text file. Default: {@link rowConventionOf} of its name. */
  readonly rows?: RowConvention;
  /** The column of a JSON Lines or Parquet file that holds the text, or lists of messages. Default `text`, or conversations. */
  readonly column?: string;
}

/**
 * A source of the text in a file: JSON Lines, Parquet ({@link readRecords}), or otherwise plain UTF-8 text, also `.gz`.
 *
 * Rows with `messages`, or with `prompt` and `completion`, and without `text` are conversations: see
 * {@link TextSource.conversations}.
 *
 * Records whose column is missing or null are skipped and counted. Reading the rows throws DataFileError,
 * BadJsonLineError, or MissingColumnError if no record has text. Tables (`.csv`, `.tsv`) and other archives throw
 * DataFileError, unless `rows` says that they are plain text.
 */
export function textFile(path: string, options: TextFileOptions = {}): TextSource {
  if (isRecordsFile(path)) return new ColumnSource(path, options.column);
  const refused = options.rows === undefined ? notText(path) : undefined;
  if (refused !== undefined) return { description: path, rows: () => refuse(path, refused) };
  const convention = options.rows ?? rowConventionOf(path);
  return { description: `${path} (rows: ${convention})`, rows: () => plainRows(path, convention) };
}

/** A source of the first `count` rows of another source. */
export function firstRows(source: TextSource, count: number): TextSource {
  if (!Number.isInteger(count) || count < 1) throw new DataOptionError('count', count, 'a positive integer');
  return {
    description: `${source.description}, first ${count} rows`,
    get skipped() {
      return source.skipped ?? 0;
    },
    rows: () => first(source.rows(), count),
    async conversations() {
      const all = await source.conversations?.();
      if (!all) return undefined;
      return {
        description: `${all.description}, first ${count} rows`,
        get skipped() {
          return all.skipped;
        },
        rows: () => first(all.rows(), count),
      };
    },
  };
}

async function* first<Row>(rows: AsyncIterable<Row>, count: number): AsyncGenerator<Row> {
  let taken = 0;
  for await (const row of rows) {
    yield row;
    taken += 1;
    if (taken === count) return;
  }
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

/** The text column of a file of records. */
class ColumnSource implements TextSource {
  skipped = 0;
  readonly description: string;

  private readonly column: string;

  constructor(
    private readonly path: string,
    private readonly named: string | undefined,
  ) {
    this.column = named ?? 'text';
    this.description = `${path} (column ${this.column})`;
  }

  conversations(): Promise<ConversationSource | undefined> {
    return conversationsIn(this.path, this.named);
  }

  async *rows(): AsyncGenerator<string> {
    const { path, column } = this;
    const others = new Set<string>();
    let record = 0;
    this.skipped = 0;
    for await (const values of readRecords(path, [column])) {
      record += 1;
      const text = values[column];
      if (typeof text === 'string') {
        yield text;
      } else if (text === undefined || text === null) {
        this.skipped += 1;
        for (const name of Object.keys(values)) if (others.size < MOST_COLUMNS) others.add(name);
      } else {
        throw new MissingColumnError(path, column, Object.keys(values), { record, value: text });
      }
    }
    if (record > 0 && this.skipped === record) throw new MissingColumnError(path, column, [...others]);
  }
}

/** Column names in a message. */
const MOST_COLUMNS = 64;

/** Why a file is not plain text, by its name; undefined if it may be. */
function notText(path: string): string | undefined {
  const name = path.replace(/\.gz$/i, '');
  if (/\.(csv|tsv)$/i.test(name)) {
    return 'tables (.csv, .tsv) are not supported. Convert it to .jsonl or .parquet, or rename it to .txt to read it as plain text';
  }
  const archive = /\.(zst|bz2|xz|zip|7z|lz4|tar|tgz|br)$/i.exec(name)?.[0];
  return archive && `${archive} files are not supported. Decompress it, or compress it with gzip`;
}

// biome-ignore lint/correctness/useYield: it is a source of rows that has none
async function* refuse(path: string, problem: string): AsyncGenerator<string> {
  throw new DataFileError(path, problem);
}
