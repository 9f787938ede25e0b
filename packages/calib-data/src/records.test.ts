import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRecords } from './records/records.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-records-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('readRecords', () => {
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
