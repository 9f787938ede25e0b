import { readFileSync } from 'node:fs';
import { readmeCode } from '@grasp/testing';
import { expect, it } from 'vitest';
import { pruned } from '../examples/magnitude.js';
import { kept, mask } from '../examples/two-layers.js';

it('the README shows the example that runs here', () => {
  const example = readFileSync(new URL('../examples/magnitude.ts', import.meta.url), 'utf8');
  expect(readmeCode(new URL('../README.md', import.meta.url))).toContain(example);
  expect(example.split('\n').length).toBeLessThan(60);
});

it('the example keeps the largest units that fit', () => {
  expect(Array.from(pruned.kept)).toEqual([3, 3]);
  expect(Array.from(pruned.mask)).toEqual([1, 0, 1, 0, 1, 0, 1, 1, 1, 0]);
});

it('the guide to one package shows the smallest example, with the mask it gives', () => {
  const guide = new URL('../../../docs/one-package.md', import.meta.url);
  const example = readFileSync(new URL('../examples/two-layers.ts', import.meta.url), 'utf8');
  expect(readmeCode(guide)).toContain(example);
  expect(readFileSync(guide, 'utf8')).toContain(`\`mask\` is \`${mask.join(' ')}\``);
  expect(Array.from(kept)).toEqual([5, 1]);
});
