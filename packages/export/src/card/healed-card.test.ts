import { expect, it } from 'vitest';
import { type CardHealing, healedCard } from './healed-card.js';

const record: CardHealing = {
  pruned: '/home/somebody/pruned',
  teacher: '/home/somebody/dense',
  settings: { batch: 2, length: 32, teacherShare: 0.5, train: 'weights' },
  data: { training: { description: 'wiki.train', fingerprint: 'ab'.repeat(32) } },
  steps: [{ nll: 2 }],
  curve: [],
  perplexity: { pruned: {}, healed: {} },
};

it('speaks of the tables above only if there are some', () => {
  const words = 'The tables above are of the model before that.';
  expect(healedCard('# Pruned\n\n| a |\n\n## Limits\n', record)).toContain(words);
  const alone = healedCard(undefined, record);
  expect(alone).toContain('# pruned, healed');
  expect(alone).not.toContain('above');
});

it.each([
  [{ train: 'lora' }, '`train` lora, `rank` 8, `topLogits` 64, `evalEvery` 16, '],
  [
    { train: 'all' },
    '`train` all, `learningRate` 0.1, `embedding` trained, `topLogits` 64, `evalEvery` 16, ',
  ],
  [{ train: 'lora', heldOut: 0 }, '`train` lora, `rank` 8, `topLogits` 64, `batch` 2, '],
  [{ train: 'lora', teacherShare: 0 }, '`train` lora, `rank` 8, `evalEvery` 16, '],
])('leaves out settings that %j takes the effect from', (changes, words) => {
  const { train, ...others } = changes;
  const sample = { train, rank: 8, learningRate: 0.1, embedding: 'trained', topLogits: 64, evalEvery: 16 };
  const settings = { ...sample, batch: 2, length: 32, teacherShare: 0.5, ...others };
  expect(healedCard(undefined, { ...record, settings })).toContain(`Settings: ${words}`);
});
