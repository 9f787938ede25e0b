import { loraSides } from '@grasp/decoder';
import { describe, expect, it } from 'vitest';
import { FROZEN_MODELS } from '../../test/frozen-configs.js';
import { settingsAt } from '../../test/settings-at.js';
import { gpuPeakBytes, processPeakBytes } from './peak-memory.js';
import { runPlan } from './run-plan.js';

const config = FROZEN_MODELS['LLaMA-2-7B']!;
const texts = { gates: 512, scales: 512 };
const GiB = 2 ** 30;
const planOf = (settings: Record<string, unknown>, window?: number) =>
  runPlan(settingsAt(settings), { ...texts, ...(window ? { window } : {}) });
const peak = (settings: Record<string, unknown>, window?: number) =>
  processPeakBytes(config, planOf(settings, window), 0.5) / GiB;

describe('peak memory', () => {
  it('is that of the stage that needs most', () => {
    expect(peak({})).toBeGreaterThan(25.1); // the weights alone, in float32
    expect(peak({ 'engine.dtype': 'bfloat16' })).toBeLessThan(20);
    expect(peak({ 'engine.dtype': 'bfloat16' }, 2048)).toBeGreaterThan(25.1); // perplexity is in float32
    expect(peak({}, 64)).toBe(peak({})); // a short window needs less than a step
    expect(peak({ method: 'grasp+', 'refit.blocks': 512 })).toBeGreaterThan(peak({}) + 5); // holds all text
  });

  it('grows with the batch, the share that is kept, and the rank', () => {
    expect(peak({ 'text.batch': 2 })).toBeGreaterThan(peak({}));
    expect(processPeakBytes(config, planOf({}), 1)).toBeGreaterThan(
      processPeakBytes(config, planOf({}), 0.5),
    );
    const { inputs, outputs } = loraSides(config, 0.5);
    expect((peak({ 'lora.rank': 9 }) - peak({ 'lora.rank': 8 })) * GiB).toBeCloseTo(
      24 * 4 * (inputs + outputs),
      -2,
    );
  });

  it('knows what optimal brain surgeon holds', () => {
    const rival = (method: string) => peak({ method, 'engine.dtype': 'bfloat16' });
    const largest = 32 * 11008 ** 2; // of the matrices of one output matrix
    const moments = 64 * 4 * 4096 ** 2;
    expect((rival('slimgpt') - rival('fisher')) * GiB).toBeGreaterThan(largest);
    expect((rival('fisher-obs') - rival('slimgpt')) * GiB).toBeCloseTo(moments, -2);
    const within = (name: string) => peak({ method: 'grasp+', 'importance.within': name });
    expect(within('obs')).toBeGreaterThanOrEqual(within('importance'));
  });

  it('holds on a GPU larger pieces, but not the process', () => {
    const plan = planOf({});
    const pieces = 3 * 4 * (2 ** 25 - 2 ** 21);
    const host = 600e6 + 4 * config.vocabSize * config.hiddenSize; // and the largest matrix, while it is read
    expect(gpuPeakBytes(config, plan, 0.5)).toBe(processPeakBytes(config, plan, 0.5) - host + pieces);
  });
});
