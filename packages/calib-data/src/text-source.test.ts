import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { collect } from '../test/collect.js';
import { temporaryFolder } from '../test/temporary-folder.js';
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
    await expect(rowsOf('a.jsonl', '["a"]\n')).rejects.toThrow(/line 1: expected a JSON object/);
    await expect(rowsOf('a.jsonl', '{"body":"a","id":1}\n')).rejects.toThrow(
      /record 1: no text column "text"; it has body, id/,
    );
    await expect(rowsOf('a.json.gz', 'not gzip')).rejects.toMatchObject({ code: 'GRASP_DATA_FILE' });
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
    await expect(rowsOf('a.parquet', file)).rejects.toThrow(/no text column "text"; it has id, sentence/);
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
      message: expect.stringContaining('values in a run, where at most 20000 are possible'),
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
