import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FILES, fuzzRecords } from '../test/fuzz.js';
import { temporaryFolder } from '../test/temporary-folder.js';
import { LIMITS } from './limits.js';
import { readRecords } from './records/records.js';

/** Run once with 120,000 of .jsonl, 55,000 of .jsonl.gz and 20,000 of .parquet. */
const runs = Number(process.env.GRASP_FUZZ_RUNS ?? 30_000) / Object.keys(FILES).length;

describe('very many changed files give records or end in a typed error', () => {
  it.each(Object.keys(FILES))('.%s', (kind) => fuzzRecords(kind, Math.ceil(runs)));
});

it('a small file that unfolds into a line without end is read no further than a line may be long', async () => {
  const bomb = gzipSync(Buffer.alloc(LIMITS.lineCharacters + 2 ** 20, 'a'));
  await using temporary = await temporaryFolder({ 'bomb.jsonl.gz': bomb });
  const records = readRecords(join(temporary.folder, 'bomb.jsonl.gz'));
  await expect(records.next()).rejects.toMatchObject({
    code: 'GRASP_DATA_FILE',
    message: expect.stringContaining(`a line has more than ${LIMITS.lineCharacters} characters`),
  });
});
