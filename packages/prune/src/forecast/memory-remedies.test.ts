import { describe, expect, it } from 'vitest';
import { FROZEN_MODELS } from '../../test/frozen-configs.js';
import { settingsAt } from '../../test/settings-at.js';
import { forecast } from './forecast.js';
import type { MemoryOwner } from './memory-error.js';
import { bytesNeeded, memoryRemedies } from './memory-remedies.js';

const config = FROZEN_MODELS['LLaMA-2-7B']!;
const texts = { gates: 512, scales: 512 };
const GiB = 2 ** 30;
const needed = (settings: Record<string, unknown>, of: MemoryOwner = 'process', more: object = {}) =>
  bytesNeeded(forecast(config, settingsAt(settings), { ...texts, ...more }), of);
const remedies = (
  settings: Record<string, unknown>,
  usableBytes: number,
  { bfloat16 = true, of = 'process' as MemoryOwner, ...more } = {},
) => memoryRemedies(config, settingsAt(settings), { ...texts, ...more }, { usableBytes, of, bfloat16 });

describe('bytesNeeded', () => {
  it('is the peak of the memory asked for', () => {
    const run = forecast(config, settingsAt({}), texts);
    expect(bytesNeeded(run, 'process')).toBe(run.peakBytes);
    expect(bytesNeeded(run, 'gpu')).toBe(run.gpuBytes);
  });
});

describe('memoryRemedies', () => {
  it('names an option of each kind that suffices', () => {
    expect(remedies({}, 20 * GiB)).toEqual(['--dtype bfloat16']);
    const refit = { 'engine.dtype': 'bfloat16', method: 'grasp+', 'refit.blocks': 512 };
    expect(remedies(refit, needed({ ...refit, 'refit.blocks': 128 }))).toContain('--refit-blocks 128');
    expect(remedies({ 'engine.dtype': 'bfloat16' }, 20 * GiB, { window: 2048 } as object)).toEqual([
      'no --eval',
    ]);
  });

  it('names the mildest of a kind, and one that needs exactly the memory', () => {
    const at = (batch: number) => needed({ 'text.batch': batch });
    expect(remedies({ 'text.batch': 9 }, at(4), { bfloat16: false })).toContain('--batch 4');
    expect(remedies({ 'text.batch': 9 }, at(4) - 1, { bfloat16: false })).toContain('--batch 2');
    expect(remedies({ 'text.batch': 9 }, at(1), { bfloat16: false })).toContain('--batch 1');
    const shorter = remedies({ 'text.batch': 1, 'text.length': 512 }, needed({ 'text.length': 128 }), {
      bfloat16: false,
    });
    expect(shorter).toEqual(['--length 128']);
    expect(
      remedies({ 'text.batch': 1, 'text.length': 512 }, needed({ 'text.length': 128 }) - 1, {
        bfloat16: false,
      }),
    ).toEqual([]);
  });

  it('names the distillation if its vectors are what does not fit', () => {
    const settings = { 'distil.weight': 0.5, 'distil.blocks': 512, 'engine.dtype': 'bfloat16' };
    expect(remedies(settings, needed({ ...settings, 'distil.weight': 0 }))).toContain('--distil-weight 0');
  });

  it('suggests no dtype that the backend does not have, or that is set', () => {
    expect(remedies({ 'text.batch': 8 }, needed({ 'text.batch': 4 }), { bfloat16: false })).not.toContain(
      '--dtype bfloat16',
    );
    expect(
      remedies(
        { 'engine.dtype': 'bfloat16', 'text.batch': 8 },
        needed({ 'engine.dtype': 'bfloat16', 'text.batch': 4 }),
      ),
    ).toContain('--batch 4');
  });

  it('joins the strongest options if no single one suffices', () => {
    const [only, ...others] = remedies({ 'text.batch': 4 }, 18 * GiB, { window: 2048 } as object);
    expect(only).toBe('--dtype bfloat16 and --batch 1 and --length 128 and no --eval');
    expect(others).toEqual([]);
    expect(remedies({}, 4 * GiB)).toEqual([]);
  });

  it('goes by the memory of the GPU if that limits the run', () => {
    const usableBytes = needed({ 'text.batch': 2 }, 'gpu');
    expect(usableBytes).not.toBe(needed({ 'text.batch': 2 }));
    const found = remedies({ 'text.batch': 4 }, usableBytes, { of: 'gpu', bfloat16: false });
    expect(found).toContain('--batch 2');
    expect(remedies({ 'text.batch': 4 }, usableBytes - 1, { of: 'gpu', bfloat16: false })).toContain(
      '--batch 1',
    );
  });
});
