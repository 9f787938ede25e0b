import type { HealRecord } from '@grasp/prune';
import { expect, it } from 'vitest';
import { harmWarning } from './heal-summary.js';

const record = (perplexities: readonly number[], more: object = {}) =>
  ({
    curve: perplexities.map((perplexity, i) => ({ step: 4 * i, perplexity })),
    settings: { train: 'all' },
    ...more,
  }) as unknown as HealRecord;

it('warns of a healing that made the model worse, by the weights that are kept', () => {
  expect(harmWarning(record([190.19, 256]))).toBe(
    'warning: healing made the model worse on the held-out blocks (perplexity 190.19, then 256.00). Lower --learning-rate, or give other text.',
  );
  expect(harmWarning(record([2, 3], { settings: { train: 'lora' } }), 'heal-')).toContain(
    'Lower --heal-lora-learning-rate',
  );
  expect(harmWarning(record([3, 2, 4], { bestStep: 4 }))).toBeUndefined();
  expect(harmWarning(record([]))).toBeUndefined();
});
