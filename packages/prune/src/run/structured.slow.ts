import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textRows, tokenBlocks } from '@grasp/calib-data';
import { openCheckpoint } from '@grasp/checkpoint';
import { randomCheckpoint, tinyLlama, tinyText } from '@grasp/testing';
import { loadTokenizer } from '@grasp/tokenizer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../engine/open-engine.js';
import { parseSettings } from '../settings/parse.js';
import { prune } from './prune.js';
import type { PruneJob } from './prune-job.js';
import type { RunRecord } from './run-record.js';

let folder: string;
let job: Omit<PruneJob, 'folder' | 'settings'>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-structured-'));
  const checkpoint = tinyLlama();
  const tokenizer = await loadTokenizer(checkpoint);
  const blocks = (length: number) => tokenBlocks(textRows([tinyText]), tokenizer, { length, count: 4 });
  job = {
    checkpoint,
    engine: await openEngine({ backend: 'wasm' }),
    gateBlocks: await blocks(16),
    evaluation: [{ name: 'text', windows: await blocks(32) }],
  };
});
afterAll(() => rm(folder, { recursive: true }));

async function run(
  settings: Record<string, unknown>,
  checkpoint = job.checkpoint,
): Promise<RunRecord & { at: string }> {
  const at = await mkdtemp(join(folder, 'out-'));
  const small = {
    text: { length: 16 },
    gates: { epochs: 1 },
    importance: { rounds: 2, blocksPerRound: 2 },
  };
  const parsed = parseSettings(small, settings);
  const generator = prune({ ...job, checkpoint, folder: at, settings: parsed });
  for (let next = await generator.next(); ; next = await generator.next()) {
    if (next.done) return { ...next.value, at };
  }
}

describe('structured choices, from learning to what is written', () => {
  // Of two equal layers the first is protected and the budget holds no more: the second goes whole.
  it.each(['grasprune', 'grasp+'])('remove a whole layer by %s', async (method) => {
    const record = await run({
      method,
      budget: { keep: 0.5 },
      projection: { minimum: 0, protect: ['layers.0'] },
      scales: { epochs: 0 },
    });
    expect(record.layers).toEqual([
      { layer: 0, ffn: 48, kv: 2 },
      { layer: 1, ffn: 0, kv: 0 },
    ]);
    const checkpoint = await openCheckpoint(record.at);
    const left = [...checkpoint.tensors.keys()].filter((name) => /layers\.1\.(mlp|self_attn)/.test(name));
    await checkpoint.close();
    expect(left).toEqual([]);
    const { masked, calibrated } = record.perplexity;
    expect(Number.isFinite(calibrated!.text)).toBe(true);
    // Without scales and, as nothing of layer 0 is gone, without a refit: what is written is the mask.
    if (method === 'grasprune') expect(calibrated!.text).toBeCloseTo(masked!.text!, 3);
  });

  it('are written as a mistral where the heads of a llama no longer span it', async () => {
    const { config, files } = tinyLlama();
    const checkpoint = { ...randomCheckpoint({ ...config, num_key_value_heads: 4 }, 1), files };
    const { at, layers, perplexity } = await run(
      { budget: { keep: 0.9 }, projection: { layout: 'uniform', only: 'kv' } },
      checkpoint,
    );
    expect(layers.map(({ kv }) => kv)).toEqual([3, 3]);
    expect(JSON.parse(await readFile(join(at, 'config.json'), 'utf8'))).toMatchObject({
      model_type: 'mistral',
    });
    expect(Number.isFinite(perplexity.calibrated!.text)).toBe(true);
  });

  it('remove every attention, and every FFN, with scales after', async () => {
    const kv = await run({
      budget: { keep: 0.5 },
      projection: { minimum: 0, only: 'kv', protect: ['*.ffn'] },
    }).catch((error) => error);
    expect(kv).toMatchObject({ code: 'GRASP_BUDGET_BELOW_FLOOR' });
    const attention = (2 * 6 * 8) / 3; // what the groups of one layer cost, as 48 channels do
    const share = 48 / (48 + attention);
    const withoutAttention = await run({ budget: { keep: share }, projection: { minimum: 0, only: 'kv' } });
    expect(withoutAttention.layers.map(({ ffn, kv }) => [ffn, kv])).toEqual([
      [48, 0],
      [48, 0],
    ]);
    expect(withoutAttention.after.kvCacheBytesPerToken).toBe(0);
    const withoutFFN = await run({ budget: { keep: 1 - share }, projection: { minimum: 0, only: 'ffn' } });
    expect(withoutFFN.layers.map(({ ffn, kv }) => [ffn, kv])).toEqual([
      [0, 2],
      [0, 2],
    ]);
    for (const { perplexity } of [withoutAttention, withoutFFN])
      expect(Number.isFinite(perplexity.calibrated!.text)).toBe(true);
  });

  it.each([
    ['shortgpt', { budget: { keep: 0.5 }, projection: { only: 'layers' } }],
    ['shortgpt', { budget: { keep: 0.3 }, projection: { dropLayers: 1, layout: 'uniform' } }],
    ['grasp+', { budget: { keep: 1 }, projection: { dropLayers: 1 } }],
    ['grasprune', { budget: { keep: 0.5 }, projection: { only: 'layers' } }],
  ] as const)('write an ordinary model with fewer layers by %s under %j', async (method, settings) => {
    const record = await run({ method, ...settings });
    expect(record.layers.filter(({ ffn, kv }) => ffn + kv > 0).length).toBe(1);
    const checkpoint = await openCheckpoint(record.at);
    const { config, files } = checkpoint;
    await checkpoint.close();
    expect(config).toMatchObject({ model_type: 'llama', num_hidden_layers: 1 });
    expect(config).not.toHaveProperty('auto_map');
    expect(files.some(({ name }) => name.endsWith('.py'))).toBe(false);
    for (const { kept, limit } of record.budgets) expect(kept).toBeLessThanOrEqual(limit);
  });
});
