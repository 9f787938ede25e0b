import { readFileSync } from 'node:fs';
import { readmeCode } from '@grasp/testing';
import { expect, it } from 'vitest';
import { gates, magnitude, model } from '../examples/classifier.js';
import { mask } from '../examples/mlp.js';

it.each(['mlp', 'classifier'])('the README shows the example that runs here: %s', (name) => {
  const example = readFileSync(new URL(`../examples/${name}.ts`, import.meta.url), 'utf8');
  expect(readmeCode(new URL('../README.md', import.meta.url))).toContain(example);
  expect(example.split('\n').length).toBeLessThan(60);
});

it('the example finds the units that make the target', () => {
  expect(Array.from(mask)).toEqual([1, 0, 0, 1]);
});

it('the classifier keeps what it knows by gates, and not by magnitude', () => {
  // Measured: 0.49 and 1.92, where guessing among three classes has 1.1.
  expect(gates).toBeLessThan(0.7);
  expect(magnitude).toBeGreaterThan(1.1);
});

it('the classifier counts nothing twice, though weights between its layers belong to units of both', () => {
  expect(model.layout.blocks.map(({ count, cost }) => count * cost)).toEqual([32, 32]);
});
