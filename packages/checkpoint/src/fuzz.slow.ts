import { open } from 'node:fs/promises';
import { hasSmollm2, random, smollm2Path } from '@grasp/testing';
import { describe, it } from 'vitest';
import { expectTyped, FORMATS, fuzz } from '../test/fuzz.js';
import { memorySource } from './bytes/byte-source.js';
import { ggufCheckpoint } from './gguf/open-gguf.js';

/** 400,000 in all, unless `GRASP_FUZZ_RUNS` says otherwise. */
const runs = Number(process.env.GRASP_FUZZ_RUNS ?? 400_000) / Object.keys(FORMATS).length;

describe('changed files end in a typed error or are read', () => {
  it.each(Object.keys(FORMATS))('%s', (format) => fuzz(format, Math.ceil(runs)));

  it.skipIf(!hasSmollm2)('the header of a real GGUF file with single bytes changed', async () => {
    const handle = await open(smollm2Path, 'r');
    const bytes = new Uint8Array(2 ** 22);
    const { size } = await handle.stat();
    await handle.read(bytes, 0, bytes.length, 0);
    await handle.close();
    const next = random(1);
    for (let run = 0; run < 300; run++) {
      const changed = bytes.slice();
      for (let i = 0; i < 3; i++) changed[Math.floor(next() * 2_000_000)] = Math.floor(next() * 256);
      const source = { ...memorySource(changed, 'fuzzed'), size };
      const checkpoint = await ggufCheckpoint(source).catch(expectTyped);
      for (const file of checkpoint?.files ?? []) await file.read().catch(expectTyped);
    }
  });
});
