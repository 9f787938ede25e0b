import { describe, expect, it, vi } from 'vitest';
import { LIMITS } from './limits.js';

describe('Parquet pages', () => {
  it('give a small file a bounded budget, however many pages it names', async () => {
    const { unpackingBudget } = await import('./records/parquet-pages.js');
    expect(unpackingBudget(8192)).toEqual({ bytes: LIMITS.parquetPageBytes, values: LIMITS.parquetValues });
    expect(unpackingBudget(2 ** 30).bytes).toBe(LIMITS.parquetExpansion * 2 ** 30);
  });

  it('load the decompressors only for a Parquet file', async () => {
    vi.resetModules();
    vi.doMock('hyparquet-compressors', () => {
      throw new Error('loaded');
    });
    try {
      await expect(import('./records/records.js')).resolves.toBeDefined();
      await expect(import('./records/parquet-pages.js')).rejects.toThrow();
    } finally {
      vi.doUnmock('hyparquet-compressors');
    }
  });
});
