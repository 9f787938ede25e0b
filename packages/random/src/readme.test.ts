import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { hand } from '../examples/shuffle.js';

it('the README shows the example that runs here', () => {
  const example = readFileSync(new URL('../examples/shuffle.ts', import.meta.url), 'utf8');
  // Not by @grasp/testing, which depends on this package.
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
});

it('the example gives the order in its comment', () => {
  expect(hand).toEqual(['ten', 'jack', 'king', 'ace', 'queen']);
});
