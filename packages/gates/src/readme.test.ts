import { readFileSync } from 'node:fs';
import { readmeCode } from '@grasp/testing';
import { expect, it } from 'vitest';
import { mask } from '../examples/mlp.js';

it('the README shows the example that runs here', () => {
  const example = readFileSync(new URL('../examples/mlp.ts', import.meta.url), 'utf8');
  expect(readmeCode(new URL('../README.md', import.meta.url))).toContain(example);
  expect(example.split('\n').length).toBeLessThan(60);
});

it('the example finds the units that make the target', () => {
  expect(Array.from(mask)).toEqual([1, 0, 0, 1]);
});
