import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { configOf, decoderLayout } from '@grasp/decoder';
import { forTransformers } from '@grasp/export';
import { random, randomCheckpoint, type TinyConfig } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prunedView } from '../run/pruned-view.js';
import { parseSettings } from '../settings/parse.js';
import { assertMet, BudgetMissedError, budgetOutcomes, budgetsOf } from './budgets.js';
import { projectionOf } from './projection.js';

const shape = {
  model_type: 'qwen2',
  hidden_size: 16,
  intermediate_size: 40,
  num_attention_heads: 6,
  num_key_value_heads: 3,
  head_dim: 4,
  num_hidden_layers: 3,
  vocab_size: 50,
  tie_word_embeddings: true,
} satisfies TinyConfig;
const dense = randomCheckpoint(shape, 1);
const everything = new Uint8Array(decoderLayout(configOf(dense)).size).fill(1);
const total = [...dense.tensors.values()].reduce((sum, t) => sum + t.shape.reduce((a, b) => a * b, 1), 0);

const latency = {
  format: 'grasp-latency',
  version: 1,
  machine: 'made up',
  engine: 'none',
  tokens: 64,
  model: { layers: 3, hiddenSize: 16, headSize: 4, headsPerGroup: 2, channels: 40, groups: 3 },
  // 5 ms, 0.01 a channel and 0.2 a group of three layers each.
  ffn: [10, 20, 40].map((channels) => ({ channels, milliseconds: 5 + 0.03 * channels + 1.8 })),
  kv: [1, 3].map((groups) => ({ groups, milliseconds: 5 + 1.2 + 0.6 * groups })),
} as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-budgets-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Prunes by made-up scores, writes, and opens what was written. */
async function written(input: Record<string, unknown>, seed = 1) {
  const settings = parseSettings(input);
  const projection = projectionOf(dense, settings);
  const chance = random(seed);
  const mask = projection.project(Float32Array.from({ length: projection.layout.size }, () => chance()));
  const path = await mkdtemp(join(folder, 'out-'));
  await writeCheckpoint(forTransformers(prunedView(dense, mask)), join(path, 'model'));
  const checkpoint = await openCheckpoint(join(path, 'model'));
  const outcomes = budgetOutcomes(projection.budgets, dense, checkpoint, mask);
  await checkpoint.close();
  // With the norms of layers without units, which are not written.
  const view = prunedView(dense, mask);
  const whole = budgetOutcomes(projection.budgets, dense, view, mask);
  return { path: join(path, 'model'), outcomes, whole, config: configOf(view) };
}

/** Elements and bytes of a safetensors file, read here from its header alone. */
async function countFile(path: string): Promise<{ elements: number; bytes: number }> {
  const names = (await readdir(path)).filter((name) => name.endsWith('.safetensors'));
  let [elements, bytes] = [0, 0];
  for (const name of names) {
    const file = await readFile(join(path, name));
    const header = JSON.parse(file.subarray(8, 8 + Number(file.readBigUInt64LE())).toString()) as Record<
      string,
      { shape: number[]; data_offsets: [number, number] }
    >;
    delete header.__metadata__;
    for (const { shape, data_offsets } of Object.values(header)) {
      elements += shape.reduce((a, b) => a * b, 1);
      bytes += data_offsets[1] - data_offsets[0];
    }
  }
  return { elements, bytes };
}

describe('budgets as users state them', () => {
  it('count what the settings name', () => {
    const settings = parseSettings({
      budget: {
        ...{ keep: 0.5, params: total, size: 4 * total, flops: 0.5, kvBytes: 0.5 },
        ...{ latency, latencyShare: 0.8, latencyMs: 7 },
      },
    });
    const outcomes = budgetOutcomes(budgetsOf(dense, settings), dense, dense, everything);
    const totals = Object.fromEntries(outcomes.map(({ setting, kept }) => [setting, kept]));
    expect(totals).toEqual({
      keep: 3 * (40 + 3 * 8),
      params: total,
      size: 4 * total,
      // A token: each weight of a projection twice, then scores and sums of 24 numbers over (2048 + 1) / 2 positions.
      flops: 3 * (2 * 16 * (3 * 40 + 2 * (24 + 12)) + 4 * 24 * (2049 / 2)),
      kvBytes: 3 * 3 * 2 * 4 * 2,
      latencyShare: expect.closeTo(8, 9),
      latencyMs: expect.closeTo(8, 9),
    });
    for (const { kept, total } of outcomes) expect(kept).toBe(total);
  });

  test.prop(
    [
      fc.record(
        {
          keep: fc.double({ min: 0.3, max: 1, noNaN: true }),
          params: fc.integer({ min: Math.ceil(0.5 * total), max: total }),
          size: fc.integer({ min: Math.ceil(2 * total), max: 4 * total }),
          flops: fc.double({ min: 0.5, max: 1, noNaN: true }),
          kvBytes: fc.double({ min: 0.34, max: 1, noNaN: true }),
          latencyShare: fc.double({ min: 0.8, max: 1, noNaN: true }),
          minimum: fc.constantFrom(0, 1),
        },
        { requiredKeys: [] },
      ),
      fc.nat(),
    ],
    { numRuns: 25 },
  )(
    'are each met from below by what is written, with less unused than one more unit',
    async (input, seed) => {
      const { minimum, ...limits } = input;
      const budget = { ...limits, ...(limits.latencyShare ? { latency } : {}) };
      const given = { budget, projection: { minimum } };
      const { path, outcomes, whole, config } = await written(given, seed);
      for (const { kept, limit } of [...outcomes, ...whole]) expect(kept).toBeLessThanOrEqual(limit);
      const { elements, bytes } = await countFile(path);
      expect(outcomes.find(({ setting }) => setting === 'params')?.kept ?? elements).toBe(elements);
      expect(outcomes.find(({ setting }) => setting === 'size')?.kept ?? bytes).toBe(bytes);

      const budgets = budgetsOf(dense, parseSettings(given));
      const fitsOneMore = (kind: 'ffn' | 'kv', layer: number) =>
        budgets.every(({ costs }, i) => {
          const cost = costs[2 * layer + (kind === 'kv' ? 1 : 0)]!;
          return whole[i]!.kept + cost <= whole[i]!.limit;
        });
      config.layers.forEach(({ channels, kvHeads }, layer) => {
        if (channels < 40) expect(fitsOneMore('ffn', layer)).toBe(false);
        if (kvHeads < 3) expect(fitsOneMore('kv', layer)).toBe(false);
      });
    },
  );

  it('count a layer that was not written as 0', async () => {
    const { layout, budgets } = projectionOf(dense, parseSettings({ budget: { keep: 0.9 } }));
    const mask = new Uint8Array(layout.size);
    for (const { layer, start, count } of layout.blocks) if (layer !== 1) mask.fill(1, start, start + count);
    const view = forTransformers(prunedView(dense, mask));
    expect(configOf(view).layers.length).toBe(2);
    expect(budgetOutcomes(budgets, dense, view, mask)).toMatchObject([{ kept: 2 * (40 + 3 * 8) }]);
  });

  it('that what is written exceeds are reported', () => {
    const outcomes = budgetOutcomes(
      budgetsOf(dense, parseSettings({ budget: { params: total - 1 } })),
      dense,
      dense,
      everything,
    );
    expect(() => assertMet(outcomes)).toThrow(BudgetMissedError);
    expect(() => assertMet(outcomes)).toThrow(`has ${total} parameters; the budget allows ${total - 1}`);
  });

  it('take amounts with units', () => {
    const parsed = (input: Record<string, unknown>) => parseSettings(input).budget;
    expect(parsed({ budget: { params: '80M' } })).toMatchObject({ params: 80e6 });
    expect(parsed({ budget: { params: '80M' } }).keep).toBeUndefined();
    expect(parsed({ budget: { params: '1.2b', size: '95MiB' } })).toMatchObject({
      params: 1.2e9,
      size: 95 * 2 ** 20,
    });
    expect(parsed({ budget: { size: '100 MB' } })).toMatchObject({ size: 1e8 });
    for (const wrong of [
      { budget: { params: '80 apples' } },
      { budget: { params: '' } },
      { budget: { size: '0' } },
      { budget: { size: '1.2.3MB' } },
    ]) {
      expect(() => parsed(wrong)).toThrow(/it must be an amount/);
    }
  });

  it('are refused where they cannot be met, in their own terms', () => {
    expect(() => projectionOf(dense, parseSettings({ budget: { params: 500 } }))).toThrow(
      /budget.params 500 is too small: the units that must be kept need \d+\. Use budget.params \d+ or more/,
    );
    expect(() => parseSettings({ budget: { latencyMs: 3 } })).toThrow(/needs a table/);
    expect(() => parseSettings({ budget: { keep: 0.5, latency } })).toThrow(
      /budget.latencyShare or budget.latencyMs/,
    );
    const other = { ...latency, model: { ...latency.model, layers: 4 } };
    expect(() => projectionOf(dense, parseSettings({ budget: { latency: other, latencyMs: 7 } }))).toThrow(
      /layers: 4 in the table, 3 in this model/,
    );
    const flat = { ...latency, kv: latency.kv.map((point) => ({ ...point, milliseconds: 5 })) };
    expect(() => projectionOf(dense, parseSettings({ budget: { latency: flat, latencyMs: 7 } }))).toThrow(
      /do not grow/,
    );
  });
});
