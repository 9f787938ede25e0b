import { describe, expect, it } from 'vitest';
import type { Serving } from './serve-once.js';
import { serveTable } from './serve-table.js';

const serving = (prefillTokensPerSecond: number): Serving => ({
  loadSeconds: 0.5,
  prefillTokensPerSecond,
  decodeTokensPerSecond: 10,
  residentBytes: 2 ** 20,
  kvCacheBytesPerToken: 1000,
});
const served = (name: string, fileBytes: number, prefill: readonly number[]) => ({
  name,
  fileBytes,
  servings: prefill.map(serving),
});

describe('serveTable', () => {
  const dense = served('dense', 2 ** 21, [100, 50, 90]);
  const pruned = served('pruned', 2 ** 20, [200, 125, 180]);
  const { head, rows } = serveTable([dense, pruned]);
  const row = (title: string) => rows.find(([first]) => first?.startsWith(title))?.slice(1);

  it('shows medians', () => {
    expect(head).toEqual(['', 'dense', 'pruned', '']);
    expect(row('prefill')).toEqual(['90.0', '180.0', '× 2.00']);
    expect(row('file')).toEqual(['2.0', '1.0', '× 0.50']);
  });

  it('compares within rounds', () => {
    // The ratio of the medians would be 1.6.
    const slowing = served('slowing', 2 ** 20, [300, 150, 80]);
    expect(serveTable([served('dense', 1, [150, 75, 40]), slowing]).rows[2]?.at(-1)).toBe('× 2.00');
  });
});
