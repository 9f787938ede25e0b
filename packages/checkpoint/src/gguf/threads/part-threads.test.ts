import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, it } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { randomBlocks } from '../../../test/random-blocks.js';
import { memorySource, openFileSource } from '../../bytes/byte-source.js';
import { dequantize } from '../quantized/dequantize.js';
import { splitPart } from './part.js';
import { PartThreads } from './part-threads.js';

describe('splitPart', () => {
  it.prop([fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 9 })])(
    'covers every block once, in order',
    (blocks, count) => {
      const out = new Float32Array(256 * blocks);
      const parts = splitPart({ type: 'Q4_K', position: 7, byteLength: 144 * blocks, out }, count);
      expect(parts.length).toBeLessThanOrEqual(count);
      let [byte, element] = [0, 0];
      for (const part of parts) {
        expect(part).toMatchObject({ type: 'Q4_K', position: 7 + byte });
        expect(part.out.byteOffset).toBe(4 * element);
        byte += part.byteLength;
        element += part.out.length;
        expect(part.byteLength / 144).toBe(part.out.length / 256);
      }
      expect([byte, element]).toEqual([144 * blocks, 256 * blocks]);
    },
  );
});

describe('PartThreads', () => {
  const blocks = randomBlocks('Q4_K', 30_000);
  const exact = new Float32Array(30_000 * 256);
  let folder: string;
  beforeAll(async () => {
    dequantize('Q4_K', blocks, exact);
    folder = await mkdtemp(join(tmpdir(), 'grasp-threads-'));
    await writeFile(join(folder, 'blocks'), blocks);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('fills what a thread did not: here there is no compiled thread', async () => {
    const source = await openFileSource(join(folder, 'blocks'));
    const threads = new PartThreads(source, 3);
    const memory = threads.allocate(exact.byteLength, blocks.length);
    expect(memory).toBeInstanceOf(SharedArrayBuffer);
    for (let time = 0; time < 2; time++) {
      const out = new Float32Array(memory).fill(7);
      await threads.fill({ type: 'Q4_K', position: 0, byteLength: blocks.length, out });
      expect(out.every((value, i) => value === exact[i])).toBe(true);
    }
    await threads.close();
    await source.close();
  });

  it('shares nothing if the bytes are in memory, or few', async () => {
    const inMemory = new PartThreads(memorySource(blocks), 2);
    expect(inMemory.allocate(exact.byteLength, blocks.length)).toBeInstanceOf(ArrayBuffer);
    const source = await openFileSource(join(folder, 'blocks'));
    expect(new PartThreads(source, 2).allocate(8, 144)).toBeInstanceOf(ArrayBuffer);
    await source.close();
  });
});
