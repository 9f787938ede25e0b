import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomBlocks } from '../../../test/random-blocks.js';
import { openFileSource } from '../../bytes/byte-source.js';
import { dequantize } from '../quantized/dequantize.js';
import { dequantizeToBfloat16 } from '../quantized/dequantize-bfloat16.js';

// Threads run compiled code, so this one does too.
const compiled = new URL('../../../dist/gguf/threads/part-threads.js', import.meta.url).href;
const { PartThreads } = (await import(compiled)) as typeof import('./part-threads.js');

const COUNT = 30_000;
const blocks = randomBlocks('Q4_K', COUNT);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-threads-'));
  await writeFile(join(folder, 'blocks'), blocks);
});
afterAll(() => rm(folder, { recursive: true }));

it.each(['float32', 'bfloat16'])('threads fill their parts with the same bits: %s', async (dtype) => {
  const file = await openFileSource(join(folder, 'blocks'));
  let readHere = 0;
  const source = {
    ...file,
    read: (position: number, target: Uint8Array) => {
      readHere += target.length;
      return file.read(position, target);
    },
  };
  const bytes = 256 * COUNT * (dtype === 'float32' ? 4 : 2);
  const elements = (memory: ArrayBuffer | SharedArrayBuffer) =>
    dtype === 'float32' ? new Float32Array(memory) : new Uint16Array(memory);
  const exact = elements(new ArrayBuffer(bytes));
  if (exact instanceof Float32Array) dequantize('Q4_K', blocks, exact);
  else dequantizeToBfloat16('Q4_K', blocks, exact);
  const threads = new PartThreads(source, 3);
  for (let time = 0; time < 2; time++) {
    const out = elements(threads.allocate(bytes, blocks.length));
    await threads.fill({ type: 'Q4_K', position: 0, byteLength: blocks.length, out });
    expect(out.every((value, i) => value === exact[i])).toBe(true);
  }
  expect(readHere).toBe((2 * blocks.length) / 3); // the others were filled by the threads
  await threads.close();
  await file.close();
});

it('fills several tensors at once, a small one behind a large one', async () => {
  const file = await openFileSource(join(folder, 'blocks'));
  const threads = new PartThreads(file, 2);
  const least = Math.ceil(2 ** 22 / 144);
  const exact = new Float32Array(256 * COUNT);
  dequantize('Q4_K', blocks, exact);
  await Promise.all(
    [COUNT, least, COUNT, least].map(async (count) => {
      const byteLength = 144 * count;
      const out = new Float32Array(threads.allocate(4 * 256 * count, byteLength)).fill(7);
      await threads.fill({ type: 'Q4_K', position: 0, byteLength, out });
      expect(out.every((value, i) => value === exact[i])).toBe(true);
    }),
  );
  await threads.close();
  await file.close();
});

it('reads again what a thread could not, and tells why', async () => {
  const file = await openFileSource(join(folder, 'blocks'));
  const threads = new PartThreads(file, 2);
  const byteLength = blocks.length + 144; // one block too many
  const out = new Float32Array(threads.allocate(256 * 4 * (COUNT + 1), byteLength));
  await expect(threads.fill({ type: 'Q4_K', position: 0, byteLength, out })).rejects.toThrow(
    'it ends before',
  );
  await threads.close();
  await file.close();
});
