/**
 * Checks the pages of a Parquet file before hyparquet decodes them, as hyparquet trusts what a page says of itself: a
 * run of some bytes makes it fill an array of a billion, and some encodings can make it read in a circle.
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
import { LIMITS } from './limits.js';

/** Those that need no check beyond runs and counts. */
const ENCODINGS = ['PLAIN', 'PLAIN_DICTIONARY', 'RLE_DICTIONARY', 'RLE'];

/** hyparquet's, unpacking no more than a page says it holds. */
export const compressors: Compressors = {
  ...unbounded,
  ZSTD: (input, length) => decompressZstd(input, new Uint8Array(length)),
};

/** What a whole file may unpack to. Row groups can name the same bytes again and again. */
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
 * Checks the columns of a row group that are to be read. A page is unpacked here and once more when it is decoded.
 *
 * @param budget is reduced by the pages' bytes and values
 * @param columns names; default all
 * @throws Error that says what is wrong
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
      throw new Error(`column ${name} is at bytes ${start} to ${end} of ${file.byteLength}`);
    }
    const values = checkColumn(await file.slice(start, end), column, path, budget);
    if (isFlatColumn(path) && values !== rows) {
      throw new Error(`column ${name} has ${values} values in a row group of ${rows} rows`);
    }
  }
}

/** @returns how many values its pages hold */
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
    bounded(unpacked, LIMITS.parquetPageBytes, 'bytes in a page, unpacked');
    bounded(unpacked, budget.bytes, 'bytes in a page, unpacked');
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

/** @returns how many values the page adds to the column: of a dictionary none */
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
  if (!page) throw new Error(`a page of type ${header.type}`);
  if (!ENCODINGS.includes(page.encoding)) {
    throw new Error(`values encoded as ${page.encoding}; ${ENCODINGS.join(', ')} are read`);
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

/** Values in their own encoding; some of the `count` may be null, and then are not there. */
function checkValues(values: Uint8Array, encoding: string, path: SchemaTree[], count: number): void {
  if (encoding === 'PLAIN' || values.length === 0) return;
  const isBoolean = path.at(-1)?.element.type === 'BOOLEAN';
  const [width = 0] = isBoolean ? [1] : values;
  if (width > 32) throw new Error(`dictionary indices of ${width} bits`);
  checkRuns(isBoolean ? prefixed(values)[0] : values.subarray(1), width, count, 'some');
}

/** Runs after a length of four bytes, and what follows. */
function prefixed(bytes: Uint8Array): [runs: Uint8Array, after: Uint8Array] {
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true);
  bounded(length, bytes.length - 4, 'bytes of runs');
  return [bytes.subarray(4, 4 + length), bytes.subarray(4 + length)];
}

/** Runs of the hybrid of run lengths and packed bits: none claims more values than the page has. */
function checkRuns(bytes: Uint8Array, width: number, count: number, wanted: 'all' | 'some'): void {
  if (width === 0 && wanted === 'all') return; // no levels
  let at = 0;
  let seen = 0;
  while (seen < count && at < bytes.length) {
    let [header, scale] = [0, 1];
    for (let byte = 0x80; byte >= 0x80; at++, scale *= 0x80) {
      byte = bytes[at] ?? 0;
      header += (byte & 0x7f) * scale;
      if (scale > 2 ** 31) throw new Error('a run whose length has no end');
    }
    const packed = header % 2 === 1;
    const values = Math.floor(header / 2) * (packed ? 8 : 1);
    // Packed bits come in groups of eight, the last filled up.
    bounded(values, packed ? count - seen + 7 : count - seen, 'values in a run');
    at += packed ? (values / 8) * width : Math.ceil(width / 8);
    seen += values;
  }
  if (wanted === 'all' && seen < count) throw new Error(`levels of ${seen} values of ${count}`);
}

function bounded(value: number, limit: number, what: string): void {
  if (Number.isSafeInteger(value) && value >= 0 && value <= limit) return;
  throw new Error(`${value} ${what}, where at most ${limit} are possible`);
}

const bitWidth = (value: number): number => 32 - Math.clz32(value);
