import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource } from './byte-source.js';
import { readAhead } from './read-ahead.js';

describe('readAhead', () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);

  it('gives every byte of any range once and in order, in chunks of the size asked for', async () => {
    const range = fc.record({
      position: fc.nat(50),
      byteLength: fc.nat(50),
      chunkBytes: fc.integer({ min: 1, max: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(range, async ({ position, byteLength, chunkBytes }) => {
        const got: number[] = [];
        for await (const chunk of readAhead(memorySource(bytes), position, byteLength, chunkBytes)) {
          expect(chunk.length).toBe(Math.min(chunkBytes, byteLength - got.length));
          got.push(...chunk);
        }
        expect(got).toEqual([...bytes.subarray(position, position + byteLength)]);
      }),
    );
  });

  it('reads the next chunk before the caller is done with one, and no further', async () => {
    const reads: number[] = [];
    const source = memorySource(bytes);
    const read = (at: number, target: Uint8Array) => {
      reads.push(at);
      return source.read(at, target);
    };
    const chunks = readAhead({ ...source, read }, 0, 100, 10);
    await chunks.next();
    expect(reads).toEqual([0, 10]);
    await chunks.return(undefined);
    expect(reads).toEqual([0, 10]);
  });

  it('throws what the source throws, to a caller that goes on', async () => {
    const source = memorySource(bytes.subarray(0, 15), 'short');
    const chunks = readAhead(source, 0, 30, 10);
    await chunks.next();
    await expect(chunks.next()).rejects.toThrow(/^short/);
  });
});
