import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { configOf, decoderLayout, prunedConfig, unitSlices } from '@grasp/decoder';
import { forTransformers } from '@grasp/export';
import { foldCheckpoint } from '@grasp/fold';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asGguf } from '../src/commands/serve/models/as-gguf.js';
import type { ServeReport } from '../src/commands/serve/report/serve-report.js';
import { randomCheckpoint } from '../src/shared/models/random-checkpoint.js';
import { shapeOf } from '../src/shared/models/shapes.js';
import { buildCommand, main } from './build.js';

/** A Python interpreter with vLLM. Without it, only llama.cpp is measured. */
const python = process.env.GRASP_VLLM_PYTHON;
const runtimes = python ? ['llama.cpp', 'vllm'] : ['llama.cpp'];

const dense = randomCheckpoint({
  ...shapeOf('smollm2-135m', { layers: 2, vocabulary: 256 }),
  ...{ hidden_size: 64, intermediate_size: 96, num_attention_heads: 2, num_key_value_heads: 2, head_dim: 32 },
});

/** Layers that differ: the first keeps one KV group of two and a third of the channels. */
function pruned(): Checkpoint {
  const config = configOf(dense);
  const layout = decoderLayout(config);
  const mask = new Uint8Array(layout.size).fill(1);
  for (const { layer, kind, start, count } of layout.blocks)
    if (layer === 0) mask.fill(0, start + (kind === 'kv' ? 1 : 32), start + count);
  const view = {
    ...{ layout, slices: unitSlices(config), mask },
    config: prunedConfig(dense.config, config, mask),
  };
  return forTransformers(foldCheckpoint(dense, view));
}

let folder: string;
beforeAll(async () => {
  await buildCommand();
  folder = await mkdtemp(join(tmpdir(), 'grasp-serve-'));
  await writeCheckpoint(forTransformers(dense), join(folder, 'dense'));
  await writeCheckpoint(pruned(), join(folder, 'pruned'));
});
afterAll(() => rm(folder, { recursive: true }));

const serve = (...more: string[]) =>
  execa('node', [main, 'serve', join(folder, 'dense'), join(folder, 'pruned'), ...more], { reject: false });

describe('grasp-bench serve', () => {
  it('measures dense and pruned models in every runtime that is there', async () => {
    const out = join(folder, 'out');
    const small = [
      '--prompt',
      '48',
      '--tokens',
      '8',
      '--concurrency',
      '1,3',
      '--rounds',
      '1',
      ...(python ? ['--no-compile'] : []), // which is vLLM's
    ];
    const { exitCode, stdout, stderr } = await serve(...small, '--out', out, '--runtime', runtimes.join());
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/requests\/s, 3 at a time/);
    expect((await readdir(out)).sort()).toEqual([
      'cells',
      'serve.html',
      'serve.json',
      'serve.md',
      'serve.svg',
    ]);
    const report = JSON.parse(await readFile(join(out, 'serve.json'), 'utf8')) as ServeReport;
    expect(report.missing).toEqual([]);
    expect(report.runtimes.map(({ name }) => name)).toEqual(runtimes);
    for (const { name, models } of report.runtimes) {
      const [whole, less] = models.map(({ servings }) => servings[0]!);
      // Four, and three, groups of 32, key and value, two bytes; the rest is bookkeeping, or a part of a block.
      for (const [serving, groups] of [
        [whole!, 4],
        [less!, 3],
      ] as const) {
        const exact = groups * 2 * 32 * 2;
        expect(serving.kvCacheBytesPerToken, name).toBeGreaterThanOrEqual(exact);
        expect(serving.kvCacheBytesPerToken, name).toBeLessThan(exact + 64);
        expect(serving.residentBytes).toBeGreaterThan(2 ** 20);
        expect(serving.levels.map(({ concurrency }) => concurrency)).toEqual([1, 3]);
        expect(Object.values(serving.levels[1]!).every((value) => value > 0)).toBe(true);
      }
    }
    // The same command reads what is there.
    const again = await serve(...small, '--out', out, '--runtime', runtimes.join(), '--json');
    expect(again.stderr).toBe('');
    expect(JSON.parse(again.stdout)).toEqual(report);
  });

  it('says what it leaves out, and fails if that was asked for', async () => {
    const env = { GRASP_VLLM_PYTHON: '' };
    const run = (...more: string[]) =>
      execa('node', [main, 'serve', join(folder, 'dense'), join(folder, 'pruned'), ...more], {
        ...{ reject: false, env },
      });
    const few = ['--prompt', '8', '--tokens', '4', '--concurrency', '1', '--rounds', '1', '--requests', '1'];
    const { exitCode, stderr, stdout } = await run(...few);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('Left out: vllm: name a Python interpreter');
    expect(stdout).toContain('not measured: vllm');
    const named = await run('--runtime', 'vllm');
    expect(named).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('GRASP_VLLM_PYTHON') });
  });

  it('prints what it has when it is interrupted', async () => {
    const args = [...['--prompt', '8', '--tokens', '4', '--concurrency', '1'], ...['--rounds', '100000']];
    const command = execa('node', [main, 'serve', join(folder, 'dense'), join(folder, 'pruned'), ...args], {
      ...{ reject: false, env: { GRASP_VLLM_PYTHON: '' } },
    });
    await new Promise<void>((resolve) => {
      command.stderr.on('data', (text) => {
        if (String(text).includes('round 2')) resolve();
      });
    });
    command.kill('SIGINT');
    const { exitCode, stdout } = await command;
    expect(exitCode).toBe(130);
    expect(stdout).toContain('Medians of 1 round');
  });
});

it('leaves a GGUF file as it is unless a type is named', async () => {
  const file = await asGguf(join(folder, 'dense'), undefined, folder, 'half');
  expect(await asGguf(file, undefined, folder, 'other')).toBe(file);
  const single = await openCheckpoint(await asGguf(file, 'f32', folder, 'single'));
  expect(single.config.torch_dtype).toBe('float32');
  await single.close();
});
