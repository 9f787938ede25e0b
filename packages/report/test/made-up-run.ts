import { budgetFromKeepRatio, createLayout, maskCost, projectExact } from '@grasp/budget';
import { parseSettings, type RunRecord } from '@grasp/prune';
import { random } from '@grasp/testing';
import type { FinishedRun } from '../src/index.js';
import { sizesAt } from '../src/live/sizes.js';

/** A run of twelve layers that never was: scores by chance, and the mask they give at half of the budget. */
export function madeUpRun(more: Partial<RunRecord> = {}): FinishedRun {
  const layout = createLayout(
    Array.from({ length: 12 }, (_, layer) => [
      { layer, kind: 'ffn', count: 300, cost: 1 },
      { layer, kind: 'kv', count: 4, cost: 32 / 3 },
    ]).flat(),
  );
  const chance = random(5);
  const scores = Float32Array.from({ length: layout.size }, () => 0.4 + 0.2 * chance());
  const budget = budgetFromKeepRatio(layout, 0.5);
  const mask = projectExact(scores, layout, budget);
  const before = { parameters: 5e6, prunableParameters: 4e6, kvCacheBytesPerToken: 3072 };
  const text = {
    fingerprint: 'ab'.repeat(32),
    description: 'first 8 of /home/me/text.txt',
    shape: [8, 64],
  } as const;
  const record: RunRecord = {
    format: 'grasp-run',
    version: 2,
    versions: { grasp: '1.2.3', node: '20.20.2', engine: 'made up' },
    model: '/home/me/models/A <small> model',
    settings: parseSettings({ budget: { keep: 0.5 } }),
    data: { gates: text, scales: text, evaluation: { 'test.txt': text } },
    budgets: [
      {
        setting: 'keep',
        name: budget.name,
        limit: budget.limit,
        kept: maskCost(layout, mask),
        total: layout.totalCost,
      },
    ],
    before,
    after: sizesAt(before, layout, mask),
    layers: [],
    losses: {
      gates: Array.from({ length: 200 }, (_, step) => 4 + 6 / (1 + step / 10) + chance()),
      scales: Array.from({ length: 50 }, () => 4 + chance()),
    },
    perplexity: { dense: { 'test.txt': 20 }, masked: { 'test.txt': 210 }, calibrated: { 'test.txt': 130 } },
    maskFile: 'grasp-mask.json',
    ...more,
  };
  return { record, units: { layout, mask, scores } };
}
