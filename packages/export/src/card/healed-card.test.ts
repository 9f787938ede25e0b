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
