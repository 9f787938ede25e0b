import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { collect } from '../../test/collect.js';
import { temporaryFolder } from '../../test/temporary-folder.js';
import { firstRows, type TextFileOptions, type TextSource, textFile, textRows } from './text-source.js';

const all = (source: TextSource) => collect(source.rows());

async function rowsOf(name: string, content: string | Uint8Array, options?: TextFileOptions) {
  await using temporary = await temporaryFolder({ [name]: content });
  return await all(textFile(join(temporary.folder, name), options));
}

describe('plain text', () => {
  const wiki = ' = Title = \r\n \r\n A line .\r\n';
  test('raw rows keep their newline, blank ones are empty', async () => {
    expect(await rowsOf('wiki.raw', wiki)).toEqual([' = Title = \n', '', ' A line .\n']);
  });
  test('lines are rows without a newline', async () => {
    expect(await rowsOf('wiki.txt', wiki)).toEqual([' = Title = ', ' ', ' A line .']);
  });
  test('whole is one row', async () => {
    expect(await rowsOf('wiki.txt', wiki, { rows: 'whole' })).toEqual([' = Title = \n \n A line .\n']);
  });
  test('a last line without a newline is a row', async () => {
    expect(await rowsOf('a.txt', 'a\nb')).toEqual(['a', 'b']);
    expect(await rowsOf('a.raw', 'a\nb')).toEqual(['a\n', 'b']);
    expect(await rowsOf('a.txt', '')).toEqual([]);
  });
  test('a character cut by the edge of a chunk stays whole', async () => {
    const text = `${'x'.repeat(65535)}é\n`;
    expect(await rowsOf('a.txt', text)).toEqual([text.trimEnd()]);
  });
  test('missing files, folders and other encodings are named', async () => {
    await using temporary = await temporaryFolder({ 'latin.txt': Uint8Array.of(0xe9, 0x0a) });
    const read = (name: string) => all(textFile(join(temporary.folder, name)));
    await expect(read('none.txt')).rejects.toThrow(/none\.txt: no such file/);
    await expect(read('.')).rejects.toThrow(/is a folder/);
    await expect(read('latin.txt')).rejects.toThrow(/is not UTF-8/);
    await expect(read('none.parquet')).rejects.toMatchObject({ code: 'GRASP_DATA_FILE' });
  });
});

describe('JSON Lines', () => {
  test('a column of each record; U+2028 ends no line', async () => {
    const lines = '{"text":"a\u2028b"}\n\n{"text":"c"}';
    expect(await rowsOf('a.jsonl', lines)).toEqual(['a\u2028b', 'c']);
    expect(await rowsOf('a.json.gz', gzipSync(lines))).toEqual(['a\u2028b', 'c']);
  });
  test('errors give the line, the record and the columns there are', async () => {
    await expect(rowsOf('a.jsonl', '{"text":"a"}\n\n{"text":')).rejects.toMatchObject({
      code: 'GRASP_DATA_JSON',
      line: 3,
    });
    await expect(rowsOf('a.jsonl', '["a"]\n')).rejects.toThrow(/line 1: expected one JSON object per line/);
    await expect(rowsOf('a.jsonl', '{"body":"a","id":1}\n')).rejects.toThrow(
      /no text in column "text"\. Columns: body, id\./,
    );
    await expect(rowsOf('a.json.gz', 'not gzip')).rejects.toMatchObject({ code: 'GRASP_DATA_FILE' });
  });
});

describe('records without text', () => {
  const source = async (name: string, content: string | Uint8Array, column?: string) => {
    await using temporary = await temporaryFolder({ [name]: content });
    const file = textFile(join(temporary.folder, name), column === undefined ? {} : { column });
    return [await all(file), file.skipped];
  };
  test('are skipped and counted', async () => {
    const lines = '{"text":"a"}\n{"text":null}\n{"other":1}\n{"text":""}\n{}\n';
    expect(await source('a.jsonl', lines)).toEqual([['a', ''], 3]);
    const nulls = parquetWriteBuffer({
      columnData: [{ name: 'text', data: ['a', null, 'b', null], type: 'STRING', nullable: true }],
    });
    expect(await source('a.parquet', new Uint8Array(nulls))).toEqual([['a', 'b'], 2]);
  });
  test('are counted again by each reading, and through firstRows', async () => {
    await using temporary = await temporaryFolder({ 'a.jsonl': '{}\n{"text":"a"}\n{"text":"b"}\n{}\n' });
    const file = textFile(join(temporary.folder, 'a.jsonl'));
    for (const _ of [1, 2]) {
      await all(file);
      expect(file.skipped).toBe(2);
    }
    const first = firstRows(file, 1);
    await all(first);
    expect(first.skipped).toBe(1);
    expect(textRows(['a']).skipped).toBeUndefined();
  });
  test('are an error if no record has text, with the columns of all records', async () => {
    await expect(source('a.jsonl', '{"body":"a"}\n{"id":1}\n')).rejects.toMatchObject({
      code: 'GRASP_DATA_COLUMN',
      available: ['body', 'id'],
    });
    await expect(source('a.jsonl', '{"text":null}\n')).rejects.toThrow(
      'no text in column "text". Columns: text.',
    );
    expect(await source('a.jsonl', '')).toEqual([[], 0]);
  });
  test('are an error if they hold something else', async () => {
    await expect(source('a.jsonl', '{"text":"a"}\n{"text":5,"id":1}\n')).rejects.toThrow(
      /record 2: the value in column "text" is no text but a number\. Columns: text, id\./,
    );
  });
});

describe('names of files', () => {
  const lines = '{"text":"a"}\n';
  test.each(['a.ndjson', 'a.jsonlines', 'a.JSONL', 'a.Json', 'a.ndjson.gz', 'a.JSONL.GZ'])(
    '%s is JSON Lines',
    async (name) => {
      expect(await rowsOf(name, /gz$/i.test(name) ? gzipSync(lines) : lines)).toEqual(['a']);
    },
  );
  test('a.PARQUET is Parquet, and a.TXT.GZ is compressed', async () => {
    const file = parquetWriteBuffer({ columnData: [{ name: 'text', data: ['a'], type: 'STRING' }] });
    expect(await rowsOf('a.PARQUET', new Uint8Array(file))).toEqual(['a']);
    expect(await rowsOf('a.TXT.GZ', gzipSync('a\nb\n'))).toEqual(['a', 'b']);
  });
  test.each([
    ['a.csv', /tables \(\.csv, \.tsv\) are not supported\. Convert .* rename it to \.txt/],
    ['a.TSV.gz', /tables/],
    ['a.txt.zst', /\.zst files are not supported\. Decompress it/],
    ['a.jsonl.zst', /\.zst files/],
    ['a.zip', /\.zip files/],
  ])('%s is refused', async (name, message) => {
    await expect(rowsOf(name, 'a,b\n')).rejects.toMatchObject({
      code: 'GRASP_DATA_FILE',
      message: expect.stringMatching(message),
    });
  });
  test('a table is plain text on request', async () => {
    expect(await rowsOf('a.csv', 'a,b\n', { rows: 'lines' })).toEqual(['a,b']);
  });
});

describe('Parquet', () => {
  const file = new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'id', data: [0, 1, 2, 3, 4], type: 'INT32' },
        { name: 'sentence', data: ['a', '', 'c\n', 'dé', 'e'], type: 'STRING' },
      ],
      rowGroupSize: 2,
    }),
  );
  test('a column over all row groups', async () => {
    expect(await rowsOf('a.parquet', file, { column: 'sentence' })).toEqual(['a', '', 'c\n', 'dé', 'e']);
  });
  test('a missing column is named with those there are', async () => {
    await expect(rowsOf('a.parquet', file)).rejects.toThrow(
      /no text in column "text"\. Columns: id, sentence\./,
    );
  });
  test('a run of two bytes that claims a million values is not believed', async () => {
    const rows = 20_000;
    const text = Array.from({ length: rows }, () => 'same');
    const file = new Uint8Array(
      parquetWriteBuffer({
        codec: 'UNCOMPRESSED',
        rowGroupSize: rows,
        columnData: [{ name: 'text', type: 'STRING', data: text, nullable: true }],
      }),
    );
    const column = (bytes: Uint8Array) => rowsOf('a.parquet', bytes);
    expect(await column(file)).toHaveLength(rows);
    const run = [0xc0, 0xb8, 0x02, 0x01]; // 20,000 times (doubled, seven bits to a byte) a 1: no value is null
    const at = file.findIndex((_, i) => run.every((byte, j) => file[i + j] === byte));
    file.set([0xfe, 0xff, 0x7f], at);
    await expect(column(file)).rejects.toMatchObject({
      code: 'GRASP_DATA_FILE',
      message: expect.stringContaining('values in a run; the maximum is 20000'),
    });
  });
  test('a truncated file is an error of that file', async () => {
    await expect(rowsOf('a.parquet', file.subarray(0, 40))).rejects.toMatchObject({
      code: 'GRASP_DATA_FILE',
    });
  });
});

describe('firstRows', () => {
  test('stops reading', async () => {
    let read = 0;
    const source: TextSource = {
      description: 'endless',
      async *rows() {
        for (;;) yield String(read++);
      },
    };
    expect(await all(firstRows(source, 3))).toEqual(['0', '1', '2']);
    expect(read).toBe(3);
  });
  test('takes what there is', async () => {
    expect(await all(firstRows(textRows(['a']), 3))).toEqual(['a']);
  });
});
