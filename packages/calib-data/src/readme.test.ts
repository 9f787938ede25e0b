import { readFileSync } from 'node:fs';
import { readmeCode } from '@grasp/testing';
import { expect, test } from 'vitest';
import { blocks, firstTwo } from '../examples/blocks.js';

test('the README shows the example that runs here', () => {
  const example = readFileSync(new URL('../examples/blocks.ts', import.meta.url), 'utf8');
  expect(readmeCode(new URL('../README.md', import.meta.url))).toContain(example);
});

test('the example says what it gives', () => {
  expect(blocks.shape).toEqual([3, 16]);
  expect(blocks.description).toBe(
    'text in memory; rows joined by "\\n\\n"; 3 of 4 blocks of 16 tokens, seed 7',
  );
  expect(firstTwo.ids).toEqual(blocks.ids.slice(0, 32));
});
