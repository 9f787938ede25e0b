import { parquetMetadata, parquetSchema } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it, vi } from 'vitest';
import { LIMITS } from './limits.js';

describe('Parquet pages', () => {
  it('give a small file a bounded budget, however many pages it names', async () => {
    const { unpackingBudget } = await import('./records/parquet-pages.js');
    expect(unpackingBudget(8192)).toEqual({ bytes: LIMITS.parquetPageBytes, values: LIMITS.parquetValues });
    expect(unpackingBudget(2 ** 30).bytes).toBe(LIMITS.parquetExpansion * 2 ** 30);
  });

  it.each(['bytes', 'values'] as const)(
    'spend the budget of %s each time a row group names them',
    async (what) => {
      const { checkRowGroup } = await import('./records/parquet-pages.js');
      const file = parquetWriteBuffer({ columnData: [{ name: 'text', data: ['a', 'b'], type: 'STRING' }] });
      const metadata = parquetMetadata(file);
      const budget = { bytes: 2 ** 20, values: 2 ** 20 };
      const check = () => checkRowGroup(file, metadata.row_groups[0]!, parquetSchema(metadata), budget);
      await check();
      const spent = 2 ** 20 - budget[what];
      expect(spent).toBeGreaterThanOrEqual(2);
      budget[what] = 2 * spent;
      await check();
      await check();
      await expect(check()).rejects.toThrow('the maximum is 0');
    },
  );

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
      vi.resetModules(); // a module that failed to load would fail for the next file of tests too
    }
  });
});
