import { readFileSync } from 'node:fs';
import { readmeCode } from '@grasp/testing';
import { expect, it } from 'vitest';
import { limit, results } from '../examples/research-script.js';

it('the guide shows the script that runs here', () => {
  const script = readFileSync(new URL('../examples/research-script.ts', import.meta.url), 'utf8');
  expect(readmeCode(new URL('../../../docs/research-script.md', import.meta.url))).toContain(script);
});

it('meets its budget exactly, and learned gates keep more than magnitude does', () => {
  const [dense, gates, magnitude] = results;
  expect([gates!.cost, magnitude!.cost]).toEqual([limit, limit]);
  expect(limit).toBe(dense!.cost / 2);
  expect(gates!.perplexity).toBeGreaterThan(dense!.perplexity);
  expect(gates!.perplexity).toBeLessThan(magnitude!.perplexity);
});
