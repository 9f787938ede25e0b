import { readFileSync } from 'node:fs';
import { readmeCode } from '@grasp/testing';
import { expect, it } from 'vitest';

it('the README shows the example, which is type-checked', () => {
  const example = readFileSync(new URL('../examples/arc-easy.ts', import.meta.url), 'utf8');
  expect(readmeCode(new URL('../README.md', import.meta.url))).toContain(example);
});
