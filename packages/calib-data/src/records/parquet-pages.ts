/**
 * Checks the pages of a Parquet file before hyparquet decodes them. hyparquet trusts the counts and lengths in a page: a
 * run of a few bytes can make it fill an array of a billion values, and some encodings can make it loop forever.
 */
import type { AsyncBuffer, ColumnMetaData, Compressors, PageHeader, RowGroup, SchemaTree } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import {
  getMaxDefinitionLevel,
  getMaxRepetitionLevel,
  getTreePath,
  isFlatColumn,
} from 'hyparquet/src/schema.js';
import { decompressZstd, compressors as unbounded } from 'hyparquet-compressors';
import { LIMITS } from '../limits.js';

/** The supported encodings. Run lengths and counts bound their decoded size. */
const ENCODINGS = ['PLAIN', 'PLAIN_DICTIONARY', 'RLE_DICTIONARY', 'RLE'];

/** The decompressors of hyparquet. The output is limited to the size that the page header states. */
export const compressors: Compressors = {
  ...unbounded,
  ZSTD: (input, length) => decompressZstd(input, new Uint8Array(length)),
};

/** Limits for a whole file, because row groups can name the same bytes many times. */
export interface UnpackingBudget {
  bytes: number;
  values: number;
}

/** The budget of a file of a given size. */
export function unpackingBudget(fileBytes: number): UnpackingBudget {
  const unpacked = LIMITS.parquetExpansion * fileBytes;
  return {
    bytes: Math.max(LIMITS.parquetPageBytes, unpacked),
    values: Math.max(LIMITS.parquetValues, unpacked),
  };
}

/**
 * Checks the columns of a row group before they are read. Each page is decompressed here, and again when it is decoded.
 *
 * @param budget reduced by the bytes and values of the pages.
 * @param columns names of columns. Default all.
 * @throws Error that names the count or length that is out of bounds
 */
export async function checkRowGroup(
  file: AsyncBuffer,
  group: RowGroup,
  schema: SchemaTree,
  budget: UnpackingBudget,
  columns?: readonly string[],
): Promise<void> {
  const rows = Number(group.num_rows);
  bounded(rows, LIMITS.parquetRows, 'rows in a row group');
  for (const { meta_data: column } of group.columns) {
    const [name] = column?.path_in_schema ?? [];
    if (!column || name === undefined || (columns && !columns.includes(name))) continue;
    const path = getTreePath(schema, column.path_in_schema);
    const start = Number(column.dictionary_page_offset || column.data_page_offset);
    const end = start + Number(column.total_compressed_size);
    if (!(start >= 0 && start <= end && end <= file.byteLength)) {
      throw new Error(
        `column ${name}: bytes ${start} to ${end} are outside the file of ${file.byteLength} bytes`,
      );
    }
    const values = checkColumn(await file.slice(start, end), column, path, budget);
    if (isFlatColumn(path) && values !== rows) {
      throw new Error(`column ${name} has ${values} values in a row group of ${rows} rows`);
    }
  }
}

/** Returns the number of values in the pages of a column. */
function checkColumn(
  chunk: ArrayBuffer,
  { codec }: ColumnMetaData,
  path: SchemaTree[],
  budget: UnpackingBudget,
): number {
  const reader = { view: new DataView(chunk), offset: 0 };
  let values = 0;
  while (reader.offset < chunk.byteLength - 1) {
    const header = parquetHeader(reader);
    const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
    bounded(packed, chunk.byteLength - reader.offset, 'bytes in a page');
    bounded(unpacked, LIMITS.parquetPageBytes, 'decompressed bytes in a page');
    bounded(unpacked, budget.bytes, 'decompressed bytes in a page');
    budget.bytes -= unpacked;
    const bytes = new Uint8Array(chunk, reader.offset, packed);
    reader.offset += packed;
    const found = checkPage(header, bytes, codec, path);
    bounded(found, budget.values, 'values in a page');
    budget.values -= found;
    values += found;
    bounded(values, LIMITS.parquetValues, 'values in a column');
  }
  return values;
}

/** Returns the number of values that a page adds to its column: 0 for a dictionary. */
function checkPage(
  header: PageHeader,
  bytes: Uint8Array,
  codec: ColumnMetaData['codec'],
  path: SchemaTree[],
) {
  const unpacked = Number(header.uncompressed_page_size);
  const { data_page_header: first, data_page_header_v2: second, dictionary_page_header: dictionary } = header;
  if (header.type === 'DICTIONARY_PAGE' && dictionary) {
    bounded(dictionary.num_values, LIMITS.parquetValues, 'values in a dictionary');
    return 0;
  }
  const page = header.type === 'DATA_PAGE' ? first : header.type === 'DATA_PAGE_V2' ? second : undefined;
  if (!page) throw new Error(`page type ${header.type} is not supported`);
  if (!ENCODINGS.includes(page.encoding)) {
    throw new Error(`encoding ${page.encoding} is not supported. Supported: ${ENCODINGS.join(', ')}.`);
  }
  const count = page.num_values;
  bounded(count, LIMITS.parquetValues, 'values in a page');
  const levels = [getMaxRepetitionLevel(path), getMaxDefinitionLevel(path)].map(bitWidth);
  if (page === second) {
    const { repetition_levels_byte_length: repetition, definition_levels_byte_length: definition } = second;
    bounded(second.num_nulls, count, 'nulls in a page');
    bounded(repetition, bytes.length, 'bytes of repetition levels');
    bounded(definition, bytes.length - repetition, 'bytes of definition levels');
    checkRuns(bytes.subarray(0, repetition), levels[0]!, count, 'all');
    checkRuns(bytes.subarray(repetition, repetition + definition), levels[1]!, count, 'all');
    const rest = bytes.subarray(repetition + definition);
    const size = unpacked - repetition - definition;
    const values = second.is_compressed === false ? rest : decompressPage(rest, size, codec, compressors);
    checkValues(values, page.encoding, path, count);
    return count;
  }
  let values = decompressPage(bytes, unpacked, codec, compressors);
  for (const width of levels) {
    if (width === 0) continue;
    const [runs, after] = prefixed(values);
    checkRuns(runs, width, count, 'all');
    values = after;
  }
  checkValues(values, page.encoding, path, count);
  return count;
}

/** Checks the encoded values of a page. Null values are counted in `count`, but not stored. */
function checkValues(values: Uint8Array, encoding: string, path: SchemaTree[], count: number): void {
  if (encoding === 'PLAIN' || values.length === 0) return;
  const isBoolean = path.at(-1)?.element.type === 'BOOLEAN';
  const [width = 0] = isBoolean ? [1] : values;
  if (width > 32) throw new Error(`dictionary indices have ${width} bits; the maximum is 32`);
  checkRuns(isBoolean ? prefixed(values)[0] : values.subarray(1), width, count, 'some');
}

/** Splits runs with a length prefix of four bytes from the bytes after them. */
function prefixed(bytes: Uint8Array): [runs: Uint8Array, after: Uint8Array] {
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true);
  bounded(length, bytes.length - 4, 'bytes of runs');
  return [bytes.subarray(4, 4 + length), bytes.subarray(4 + length)];
}

/**
 * Checks runs in Parquet's hybrid of run-length encoding and bit packing: no run has more values than the page.
 *
 * @param expected `all`: the runs must have `count` values. `some`: they may have fewer.
 */
function checkRuns(bytes: Uint8Array, width: number, count: number, expected: 'all' | 'some'): void {
  if (width === 0 && expected === 'all') return; // no levels
  let at = 0;
  let seen = 0;
  while (seen < count && at < bytes.length) {
    let [header, scale] = [0, 1];
    for (let byte = 0x80; byte >= 0x80; at++, scale *= 0x80) {
      byte = bytes[at] ?? 0;
      header += (byte & 0x7f) * scale;
      if (scale > 2 ** 31) throw new Error('the length of a run is too large');
    }
    const packed = header % 2 === 1;
    const values = Math.floor(header / 2) * (packed ? 8 : 1);
    // Packed values come in groups of eight. The last group is padded.
    bounded(values, packed ? count - seen + 7 : count - seen, 'values in a run');
    at += packed ? (values / 8) * width : Math.ceil(width / 8);
    seen += values;
  }
  if (expected === 'all' && seen < count) throw new Error(`${seen} levels for ${count} values`);
}

function bounded(value: number, limit: number, what: string): void {
  if (Number.isSafeInteger(value) && value >= 0 && value <= limit) return;
  throw new Error(`${value} ${what}; the maximum is ${limit}`);
}

const bitWidth = (value: number): number => 32 - Math.clz32(value);
