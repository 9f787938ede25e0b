import { freemem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { FROZEN_MODELS } from '../../test/frozen-configs.js';
import type { Engine } from '../engine/open-engine.js';
import { parseSettings } from '../settings/parse.js';
import { assertFitsMemory, memoryOf, usableMemory } from './fits-memory.js';
import { forecast } from './forecast.js';
import { MemoryError } from './memory-error.js';

const config = FROZEN_MODELS['LLaMA-2-7B']!;
const texts = { gates: 512, scales: 512 };
const settings = parseSettings();
const run = forecast(config, settings, texts);
const GiB = 2 ** 30;

function engineWith(more: object = {}): Engine {
  return { backend: 'tensorflow', runtime: { bfloat16: {} }, description: '', ...more } as unknown as Engine;
}
const onGpu = (gpuBytes: number) => engineWith({ elsewhere: { gpuBytes } });
const onWorkers = engineWith({ elsewhere: 'workers' });

/** What a check throws, if anything. */
function errorOf(engine: Engine, limit?: number): MemoryError | undefined {
  try {
    assertFitsMemory(config, settings, texts, engine, limit);
    return undefined;
  } catch (error) {
    if (error instanceof MemoryError) return error;
    throw error;
  }
}

describe('usableMemory', () => {
  it('is what the process holds and what is free', () => {
    const usable = usableMemory();
    const held = process.memoryUsage.rss();
    expect(usable).toBeGreaterThan(held * 0.9);
    expect(usable).toBeLessThan(1.1 * (held + freemem()) + GiB); // other programs come and go meanwhile
  });
});

describe('memoryOf', () => {
  it('is the memory of the process or of its GPU, and not known on workers', () => {
    expect(memoryOf(run, engineWith())).toMatchObject({ needed: run.peakBytes, of: 'process' });
    expect(memoryOf(run, onGpu(7))).toEqual({ needed: run.gpuBytes, usable: 7, of: 'gpu' });
    expect(memoryOf(run, onWorkers)).toBeUndefined();
  });
});

describe('assertFitsMemory', () => {
  it('passes a run that needs exactly its limit, and no larger one', () => {
    expect(errorOf(engineWith(), run.peakBytes)).toBeUndefined();
    expect(errorOf(engineWith(), run.peakBytes - 1)).toMatchObject({
      code: 'GRASP_ENGINE_MEMORY',
      neededBytes: run.peakBytes,
      usableBytes: run.peakBytes - 1,
      of: 'process',
    });
  });

  it('goes by the memory of the GPU if one computes', () => {
    expect(errorOf(onGpu(run.gpuBytes))).toBeUndefined();
    const error = errorOf(onGpu(run.gpuBytes - 1));
    expect(error).toMatchObject({ neededBytes: run.gpuBytes, usableBytes: run.gpuBytes - 1, of: 'gpu' });
    expect(error?.remedies).toContain('--dtype bfloat16');
  });

  it('passes every run whose layers are on workers', () => {
    expect(errorOf(onWorkers, 1)).toBeUndefined();
  });

  it('suggests bfloat16 only if the backend has it', () => {
    expect(errorOf(engineWith({ runtime: {} }), 20 * GiB)?.remedies).toEqual([]);
    expect(errorOf(engineWith(), 20 * GiB)?.remedies).toEqual(['--dtype bfloat16']);
  });

  it('says what is needed, what may be used, and what would help', () => {
    expect(errorOf(engineWith(), 20 * GiB)?.message).toMatch(
      /^The run would need about 2\d\.\d GiB of memory and may use 20\.0 GiB\. It would fit with --dtype bfloat16\.$/,
    );
    expect(errorOf(onGpu(20 * GiB))?.message).toContain("of the GPU's memory and may use 20.0 GiB");
  });
});

describe('MemoryError', () => {
  it('joins what would help, or says that nothing does', () => {
    const message = (remedies: string[]) => new MemoryError(3 * GiB, 1.5 * GiB, remedies).message;
    expect(message(['a', 'b'])).toBe(
      'The run would need about 3.0 GiB of memory and may use 1.5 GiB. It would fit with a, or b.',
    );
    expect(message([])).toMatch(
      /1\.5 GiB\. No option makes it fit\. Use a larger machine or a smaller model\.$/,
    );
  });
});
