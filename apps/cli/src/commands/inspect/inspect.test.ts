import { hasShared, sharedPath } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { grasp } from '../../../test/grasp.js';

describe.skipIf(!hasShared)('grasp inspect', () => {
  it('tells what a model is made of', async () => {
    const { code, out } = await grasp('inspect', sharedPath('reference', 'tiny-llama-gqa'));
    expect(code).toBe(0);
    expect(out).toContain('llama: 3 layers of hidden size 48, heads of 8, 2 to a KV group');
    expect(out).toContain('336 FFN channels, 9 KV groups; a group costs 16.0 channels');
  });

  it('gives machines one JSON document', async () => {
    const { out } = await grasp('inspect', '--json', sharedPath('reference', 'tiny-llama-mha'));
    expect(JSON.parse(out)).toMatchObject({
      config: { architecture: { modelType: 'llama' }, tiedHead: true },
      parameters: { total: 58656, prunable: 4 * (3 * 32 * 88 + 4 * 4 * 8 * 32) },
      units: { ffn: 352, kv: 16 },
    });
  });
});

describe('grasp', () => {
  it('explains a missing model', async () => {
    expect(await grasp('inspect', '/no/such/model')).toMatchObject({ code: 3, out: '' });
  });

  it('explains a wrong command line', async () => {
    const { code, err } = await grasp('inspect', '--jsn', 'x');
    expect(code).toBe(2);
    expect(err).toContain('--json');
  });

  it('lists exit codes with its help', async () => {
    const { code, out } = await grasp('--help');
    expect(code).toBe(0);
    expect(out).toContain('130');
  });
});
