import { decoderConfig } from '@grasp/decoder';
import { describe, expect, it } from 'vitest';
import { forecast } from './forecast.js';
import { assertFitsMemory, MemoryError, memoryRemedies, usableMemory } from './memory.js';
import { parseSettings } from './settings/parse.js';

/** LLaMA-2-7B. */
const config = decoderConfig({
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 11008,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  vocab_size: 32000,
});
const texts = { gates: 512, scales: 512 };
const GiB = 2 ** 30;

describe('memory of a run', () => {
  it('is forecast by stage: the widest decides', () => {
    const peak = (settings: Record<string, unknown>, window?: number) =>
      forecast(config, parseSettings(settings), { ...texts, ...(window ? { window } : {}) }).peakBytes / GiB;
    expect(peak({})).toBeGreaterThan(25.1); // weights alone in float32
    expect(peak({ engine: { dtype: 'bfloat16' } })).toBeLessThan(20);
    expect(peak({ engine: { dtype: 'bfloat16' } }, 2048)).toBeGreaterThan(25.1); // perplexity is in float32
    expect(peak({ method: 'grasp+', refit: { blocks: 512 } })).toBeGreaterThan(peak({}) + 5); // all text is held while refitting
  });

  it('names options that make it fit, and only such', () => {
    const remedies = (settings: Record<string, unknown>, usable: number, more: object = {}) =>
      memoryRemedies(config, parseSettings(settings), { ...texts, ...more }, { usable, bfloat16: true });
    expect(remedies({}, 20 * GiB)).toEqual(['--dtype bfloat16']);
    expect(remedies({ text: { batch: 8 } }, 34 * GiB)).toContain('--batch 2');
    expect(remedies({ engine: { dtype: 'bfloat16' } }, 20 * GiB, { window: 2048 })).toEqual(['no --eval']);
    expect(
      remedies({ engine: { dtype: 'bfloat16' }, method: 'grasp+', refit: { blocks: 512 } }, 23.5 * GiB),
    ).toContain('--refit-blocks 128');
    expect(remedies({}, 20 * GiB, { window: 2048 })[0]).toContain('--dtype bfloat16 and');
    expect(remedies({}, 4 * GiB)).toEqual([]);
  });

  it('decides whether a run may start', () => {
    const wasm = { backend: 'wasm', runtime: {}, description: '' } as never;
    const huge = { ...config, vocabSize: 1e9 };
    const start = (elsewhere?: 'workers' | { gpuBytes: number }) =>
      assertFitsMemory(huge, parseSettings(), texts, { ...(wasm as object), elsewhere } as never);
    expect(usableMemory()).toBeGreaterThan(process.memoryUsage.rss());
    expect(() => start()).toThrow(MemoryError);
    const run = {
      config,
      settings: parseSettings(),
      engine: { backend: 'tensorflow', runtime: { bfloat16: {} } },
    };
    expect(() => assertFitsMemory(run.config, run.settings, texts, run.engine as never, 20 * GiB)).toThrow(
      /^The run would need about 2\d\.\d GiB of memory and may use 20\.0 GiB\. It would fit with --dtype bfloat16\.$/,
    );
    expect(() => start('workers')).not.toThrow();
    expect(() => start({ gpuBytes: 20 * GiB })).toThrow(/of the GPU's memory and may use 20\.0 GiB/);
    expect(() => start({ gpuBytes: 1e6 * GiB })).not.toThrow();
  });
});
