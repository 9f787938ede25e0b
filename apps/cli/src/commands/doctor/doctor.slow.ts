import { expect, it } from 'vitest';
import { grasp } from '../../../test/grasp.js';

it('grasp doctor explains why TensorFlow cannot start, and measures what serves instead', async () => {
  process.env.GRASP_TENSORFLOW_LIBRARY = '/no/such/folder';
  try {
    const { code, out } = await grasp('doctor');
    expect(code).toBe(0);
    expect(out).toMatch(/PROBLEM .*\/no\/such\/folder/);
    expect(out).toMatch(/Matrix products on wasm: \d+ GFLOP/);
  } finally {
    delete process.env.GRASP_TENSORFLOW_LIBRARY;
  }
});
