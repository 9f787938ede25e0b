import { readFileSync } from 'node:fs';
import { readmeCode } from '@grasp/testing';
import { expect, it } from 'vitest';
import { pruned } from '../examples/magnitude.js';

it('the README shows the example that runs here', () => {
  const example = readFileSync(new URL('../examples/magnitude.ts', import.meta.url), 'utf8');
  expect(readmeCode(new URL('../README.md', import.meta.url))).toContain(example);
  expect(example.split('\n').length).toBeLessThan(60);
});

it('the example keeps the largest units that fit', () => {
  expect(Array.from(pruned.kept)).toEqual([3, 3]);
  expect(Array.from(pruned.mask)).toEqual([1, 0, 1, 0, 1, 0, 1, 1, 1, 0]);
});
