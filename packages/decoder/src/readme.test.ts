import { readFileSync } from 'node:fs';
import { readmeCode } from '@grasp/testing';
import { expect, it } from 'vitest';
import { blocks, gradients, loss } from '../examples/gradients.js';

it('the README shows the example that runs here', () => {
  const example = readFileSync(new URL('../examples/gradients.ts', import.meta.url), 'utf8');
  expect(readmeCode(new URL('../README.md', import.meta.url))).toContain(example);
});

it('the example gives a loss and a gradient for every unit', () => {
  expect(loss).toBeGreaterThan(0);
  expect(blocks.map((b) => `${b.layer}${b.kind}${b.count}`)).toEqual(['0ffn24', '0kv2', '1ffn24', '1kv2']);
  expect(gradients).toHaveLength(52);
  expect(gradients.every((g) => Number.isFinite(g) && g !== 0)).toBe(true);
});
