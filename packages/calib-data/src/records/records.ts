import { parseJson } from '@grasp/checkpoint';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { BadJsonLineError, MissingColumnError } from '../errors.js';
import { asDataFileError, fileLines } from './file-lines.js';

/** One record of a data set: values by column name. */
export type DataRecord = Readonly<Record<string, unknown>>;

const PARQUET = /\.parquet$/i;
const JSON_LINES = /\.(jsonl?|ndjson|jsonlines)(\.gz)?$/i;

/** Whether the name of a file says that it is JSON Lines or Parquet. */
export function isRecordsFile(path: string): boolean {
  return PARQUET.test(path) || JSON_LINES.test(path);
}

/**
 * Reads the records of a JSON Lines file (`.jsonl`, `.json`, `.ndjson`, `.jsonlines`, each also `.gz`) or a Parquet file
 * in order. Upper and lower case in the name make no difference.
 *
 * @param columns columns to read of a Parquet file. Default all.
 * @throws DataFileError, BadJsonLineError, MissingColumnError
 */
export function readRecords(path: string, columns?: readonly string[]): AsyncGenerator<DataRecord> {
  return PARQUET.test(path) ? parquetRecords(path, columns) : jsonLines(path);
}

/** The columns of a file of records: those of the schema (Parquet), or of the first record. Throws as {@link readRecords}. */
export async function recordColumns(path: string): Promise<readonly string[]> {
  if (!PARQUET.test(path)) {
    for await (const record of jsonLines(path)) return Object.keys(record);
    return [];
  }
  try {
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(path));
    return parquetSchema(metadata).children.map((child) => child.element.name);
  } catch (error) {
    throw asDataFileError(path, error);
  }
}

async function* jsonLines(path: string): AsyncGenerator<DataRecord> {
  let line = 0;
  for await (const text of fileLines(path)) {
    line += 1;
    if (text.trim() === '') continue;
    yield parseObject(text, path, line);
  }
}

function parseObject(text: string, path: string, line: number): DataRecord {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw new BadJsonLineError(
      path,
      line,
      `not JSON (${error instanceof Error ? error.message : String(error)})`,
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BadJsonLineError(path, line, 'expected one JSON object per line');
  return value as DataRecord;
}

async function* parquetRecords(path: string, columns?: readonly string[]): AsyncGenerator<DataRecord> {
  try {
    // Importing it compiles WebAssembly, which fails where memory is scarce.
    const { checkRowGroup, compressors, unpackingBudget } = await import('./parquet-pages.js');
    const file = await asyncBufferFromFile(path);
    const budget = unpackingBudget(file.byteLength);
    const metadata = await parquetMetadataAsync(file);
    const schema = parquetSchema(metadata);
    const available = schema.children.map((child) => child.element.name);
    for (const column of columns ?? [])
      if (!available.includes(column)) throw new MissingColumnError(path, column, available);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      await checkRowGroup(file, group, schema, budget, columns);
      const wanted = columns ? { columns: [...columns] } : {};
      yield* await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors, ...wanted });
      rowStart = rowEnd;
    }
  } catch (error) {
    throw asDataFileError(path, error);
  }
}
