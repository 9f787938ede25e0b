import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileLines } from './records/file-lines.js';
import { readRecords } from './records/records.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-records-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('readRecords', () => {
  it('refuses a binary file, valid UTF-8 or not', async () => {
    for (const [name, bytes] of [
      ['x.pdf', [0x25, 0x50, 0x44, 0x46, 0xe2, 0xe3, 0xcf, 0xd3]],
      ['zeros.bin', [0x61, 0, 0, 0x62]],
    ] as const) {
      const path = join(folder, name);
      await writeFile(path, Uint8Array.from(bytes));
      await expect(fileLines(path).next()).rejects.toMatchObject({
        code: 'GRASP_DATA_FILE',
        message: expect.stringMatching(/is not (UTF-8 )?text/),
      });
    }
  });

  it('refuses a line that is nested too deeply, before it is parsed', async () => {
    const path = join(folder, 'deep.jsonl');
    await writeFile(path, `{"text":"a"}\n{"text":"b","c":${'[{"d":'.repeat(1e4)}1${'}]'.repeat(1e4)}}\n`);
    const read: unknown[] = [];
    await expect(async () => {
      for await (const record of readRecords(path)) read.push(record);
    }).rejects.toMatchObject({
      code: 'GRASP_DATA_JSON',
      line: 2,
      message: expect.stringContaining('levels deep'),
    });
    expect(read).toEqual([{ text: 'a' }]);
  });
});
