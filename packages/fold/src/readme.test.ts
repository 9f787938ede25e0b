import { readFileSync } from 'node:fs';
import { readmeCode } from '@grasp/testing';
import { expect, it } from 'vitest';
import { down, up } from '../examples/fold.js';

it('the README shows the example that runs here', () => {
  const example = readFileSync(new URL('../examples/fold.ts', import.meta.url), 'utf8');
  expect(readmeCode(new URL('../README.md', import.meta.url))).toContain(example);
  expect(example.split('\n').length).toBeLessThan(60);
});

it('the example folds scales and slices', () => {
  expect(up).toEqual({ dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, 2, 5, 6) });
  expect(down).toEqual({ dtype: 'F32', shape: [2, 2], data: Float32Array.of(1.5, 1.5, 7.5, 3.5) });
});
