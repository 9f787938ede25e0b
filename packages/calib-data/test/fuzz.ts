import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { applyByteEdit, byteEdits, processorMs } from '@grasp/testing/fuzz';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect } from 'vitest';
import { readRecords } from '../src/records/records.js';
import { temporaryFolder } from './temporary-folder.js';

const lines = ['{"text":"a line"}', '{"text":"é\\u2028","id":1}', '', '{"text":"","more":[1,{"a":null}]}'];
const jsonLines = new TextEncoder().encode(lines.join('\r\n'));

function parquet(codec: 'UNCOMPRESSED' | 'SNAPPY' | 'GZIP'): Uint8Array {
  const text = Array.from({ length: 40 }, (_, i) => (i % 7 === 3 ? null : `row ${i % 5}`));
  const buffer = parquetWriteBuffer({
    codec,
    compressors: { GZIP: (bytes) => new Uint8Array(gzipSync(bytes)) },
    rowGroupSize: 16,
    pageSize: 64,
    columnData: [
      { name: 'text', type: 'STRING', data: text, nullable: true },
      { name: 'label', type: 'INT64', data: text.map((_, i) => BigInt(i)) },
      { name: 'right', type: 'BOOLEAN', data: text.map((_, i) => i % 2 === 0) },
      { name: 'score', type: 'DOUBLE', data: text.map((_, i) => i / 3) },
    ],
  });
  return new Uint8Array(buffer);
}

/** A file of each kind, by the end of its name. */
export const FILES: Readonly<Record<string, readonly Uint8Array[]>> = {
  jsonl: [jsonLines],
  'jsonl.gz': [new Uint8Array(gzipSync(jsonLines))],
  parquet: [parquet('UNCOMPRESSED'), parquet('SNAPPY'), parquet('GZIP')],
};

/** Of processor time. Generous: a hang is far longer. */
const MAX_MS = 5000;
/** Bytes that reading a changed file of some kilobytes may add to what the process holds. */
const MAX_BYTES = 2 ** 28;

/** Reads changed files to their end: each gives records or ends in a typed error, and holds little meanwhile. */
export async function fuzzRecords(kind: string, runs: number, seed?: number): Promise<void> {
  await using temporary = await temporaryFolder();
  const path = join(temporary.folder, `changed.${kind}`);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...FILES[kind]!),
      byteEdits,
      fc.constantFrom(undefined, ['text']),
      async (base, edits, columns) => {
        await writeFile(path, edits.reduce(applyByteEdit, base));
        const [start, held] = [processorMs(), process.memoryUsage.rss()];
        let records = 0;
        try {
          for await (const _ of readRecords(path, columns)) records++;
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^GRASP_DATA_/) });
        }
        expect(processorMs() - start).toBeLessThan(MAX_MS);
        expect(process.memoryUsage.rss() - held).toBeLessThan(MAX_BYTES);
        expect(records).toBeLessThan(1000);
      },
    ),
    { numRuns: runs, ...(seed === undefined ? {} : { seed }) },
  );
}
