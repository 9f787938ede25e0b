import { expect, it } from 'vitest';
import { agreeRow } from './agree-table.js';

it('shows what was compared, and how near two tokens are that differ', () => {
  const tokens = [
    { equal: 32, tokens: 32 },
    { equal: 17, tokens: 32, gap: 0.00213 },
  ];
  expect(agreeRow({ model: 'm', perplexity: 20.02, transformers: 20, tokens })).toEqual([
    ...['m', '20.020', '20.000', '0.100%'],
    '32 of 32, 17 of 32 (gap 0.0021)',
  ]);
  expect(agreeRow({ model: 'm', tokens: [] })).toEqual(['m', '–', '–', '–', '']);
});
