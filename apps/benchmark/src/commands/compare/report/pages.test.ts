import { expect, it } from 'vitest';
import type { Comparison } from './comparison.js';
import { htmlComparison } from './html.js';
import { markdownPage } from './markdown.js';
import { textComparison } from './write-comparison.js';

const run = (method: string, perplexity: number): Comparison['runs'][number] => ({
  ...{ model: 'model', method, keep: 0.5, seed: 42, recovery: 'none' },
  ...{ kept: 0.5, kvKept: 3, kvGroups: 6, measured: { wikitext2: { value: perplexity } } },
});

const comparison = (...runs: Comparison['runs']): Comparison => ({
  ...{ engine: 'an engine', conditions: [], texts: ['wikitext2'], tasks: [], missing: [] },
  recoveries: [{ name: 'none', title: 'no recovery' }],
  dense: [{ model: 'model', kvGroups: 6, measured: { wikitext2: { value: 10 } } }],
  runs,
});

const others = [run('flap', 40), run('fisher', 30)];

it('ranks grasp+ where it is compared, and does not name it otherwise', () => {
  const page = markdownPage(comparison(...others, run('grasp+', 35)));
  expect(page).toContain('| masks and recovery | measure | best | grasp+ | place of grasp+ |');
  expect(page).toContain('| keep 0.5, none | WikiText-2 | fisher 30.00 | 35.00 | 2 of 3 |');
  const without = comparison(...others);
  expect(markdownPage(without)).toContain('| masks and recovery | measure | best |\n');
  expect(markdownPage(without)).toContain('| keep 0.5, none | WikiText-2 | fisher 30.00 |\n');
  for (const text of [markdownPage(without), htmlComparison(without)]) expect(text).not.toContain('grasp+');
});

it('says on each page how the best are marked', () => {
  const all = comparison(...others);
  expect(textComparison(all)).toMatch(/30\.00\*.*\n\*: the best of each column$/s);
  expect(textComparison(comparison())).not.toContain('best');
  expect(markdownPage(all)).toContain('In bold: the best of each column.');
  expect(markdownPage(all)).toContain('| **30.00** |');
  expect(htmlComparison(all)).toContain('★: the best of each column.');
  expect(htmlComparison(all)).toContain('30.00 ★');
});
