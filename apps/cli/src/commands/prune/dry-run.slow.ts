import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { decoderLayout, openDecoderCheckpoint } from '@grasp/decoder';
import { encodeMask } from '@grasp/fold';
import { healBytes, projectionOf } from '@grasp/prune';
import { tinyLlama, tinyText } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grasp } from '../../../test/grasp.js';
import type { OpenModel } from '../../shared/model.js';
import { runOptions } from '../../shared/run/options.js';
import { healStage, likelyHealing } from './heal-stage.js';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-dry-run-'));
  await writeCheckpoint(tinyLlama(), at('model'));
  await writeFile(at('text.txt'), tinyText);
});
afterAll(() => rm(folder, { recursive: true }));

const small = ['--blocks', '8', '--length', '32', '--epochs', '2', '--backend', 'wasm'];
const dryRun = (...more: string[]) =>
  grasp('prune', at('model'), '--calib', at('text.txt'), ...small, '--dry-run', ...more);

/** Opens the model's headers, and calls `work`. */
async function withHeaders<Result>(work: (model: OpenModel) => Promise<Result>): Promise<Result> {
  const opened = await openCheckpoint(at('model'));
  const checkpoint = await openDecoderCheckpoint(opened);
  try {
    return await work({ checkpoint, config: checkpoint.decoder } as OpenModel);
  } finally {
    await opened.close();
  }
}

describe('grasp prune --dry-run', () => {
  it('forecasts no steps for units that are given', async () => {
    await withHeaders(async ({ checkpoint, config }) => {
      const layout = decoderLayout(config);
      const { settings } = await runOptions({ model: 'm', calib: ['t'], keep: 0.4 });
      const scores = Float32Array.from({ length: layout.size }, (_, i) => Math.sin(i));
      const mask = projectionOf(checkpoint, settings).project(scores);
      const scales = new Float32Array(layout.size).fill(1);
      await writeFile(at('mine.json'), encodeMask({ layout, mask, scales, scores }));
    });
    await writeFile(
      at('mine.mjs'),
      `export default { name: 'mine', needs: 'nothing', score: async () => new Float32Array() };`,
    );
    for (const flags of [
      ['--mask', at('mine.json')],
      ['--scores', at('mine.json')],
      ['--method', at('mine.mjs')],
    ]) {
      const { code, out, err } = await dryRun(...flags);
      expect(code).toBe(0);
      expect(err).toMatch(/^warning: --epochs has no effect: this run has --\w+[^\n]*$/);
      expect(out).toContain('learning  units as given, 8 steps for scales');
    }
    const given = JSON.parse((await dryRun('--mask', at('mine.json'), '--json')).out);
    const learned = JSON.parse((await dryRun('--json')).out);
    expect(given).toMatchObject({ gateSteps: 0, settings: { choice: 'given' } });
    expect(learned).toMatchObject({ gateSteps: 16, settings: { choice: 'gates' } });
    expect(given.flopsPerScaleStep).toBeLessThan(learned.flopsPerScaleStep); // the mask keeps less than the budget
  });

  it('forecasts no steps of a method that takes none', async () => {
    for (const method of ['magnitude', 'slimgpt'])
      expect((await dryRun('--method', method)).out).toContain(
        `learning  units by ${method}, 0 steps for scales`,
      );
  });

  it('refuses given units that the run refuses', async () => {
    const refusal = async (...flags: string[]) => {
      const { code, err } = await dryRun(...flags);
      return { isRefused: code !== 0, err };
    };
    for (const [flags, problem] of [
      [['--mask', at('missing.json')], 'missing.json'],
      [['--scores', at('model/model.safetensors')], 'no tensor "scores"'],
      [['--method', at('missing.mjs')], 'there is no such file'],
      [['--mask', at('mine.json'), '--keep', '0.3'], 'the budget allows'],
    ] as const) {
      expect(await refusal(...flags)).toEqual({ isRefused: true, err: expect.stringContaining(problem) });
    }
    expect((await readdir(folder)).sort()).toEqual(['mine.json', 'mine.mjs', 'model', 'text.txt']);
  });

  it('forecasts LoRA if training all weights does not fit into memory', async () => {
    const options = await runOptions({ model: 'm', calib: ['t'], healTokens: 512, healRank: 1 });
    const stage = healStage(options)!;
    await withHeaders(async (model) => {
      const likely = (gpuBytes: number, memoryCheck = true, mayUseLora = true) =>
        likelyHealing(
          model,
          options,
          { ...stage, mayUseLora },
          { elsewhere: { gpuBytes }, runtime: { bfloat16: {} } } as never,
          { memoryCheck },
        ).settings.train;
      const { configs, settings } = likelyHealing(
        model,
        options,
        stage,
        { elsewhere: 'workers', runtime: { bfloat16: {} } } as never,
        { memoryCheck: true },
      );
      const all = healBytes(configs, settings, true);
      expect(healBytes(configs, { ...settings, train: 'lora' }, true)).toBeLessThan(all - 1);
      expect(likely(all)).toBe('all');
      expect(likely(all - 1)).toBe('lora');
      expect(likely(all - 1, false)).toBe('all');
      expect(likely(all - 1, true, false)).toBe('all');
      expect(likely(0)).toBe('all'); // the forecast says that it does not fit
    });
    const flags = ['--heal-tokens', '512', '--heal-held-out', '2', '--heal-dtype', 'float32'];
    expect(await dryRun(...flags.slice(0, 4), '--heal-dtype', 'bfloat16')).toMatchObject({
      code: 6,
      err: expect.stringContaining('Use --heal-dtype float32'),
    });
    const healing = async (...given: string[]) => JSON.parse((await dryRun(...given, '--json')).out).heal;
    const inFloat32 = await healing(...flags);
    expect(inFloat32).toMatchObject({ steps: 4, tokens: 512, settings: { dtype: 'float32' } });
    // Without bfloat16, it is the default. Time and usable memory are the machine's.
    const { settings, memory } = await healing(...flags.slice(0, 4));
    expect(settings).toEqual(inFloat32.settings);
    expect(memory.needed).toBe(inFloat32.memory.needed);
    expect((await dryRun(...flags, '--heal-train', 'lora')).out).toMatch(
      /512 tokens, LoRA of rank 16, about/,
    );
  });
});
