import { openEngine } from '@grasp/prune';
import { hasShared, hasTensorFlow, sharedPath } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { checkFolder } from './check.js';
import { compare, compareMasks, passes } from './finding.js';
import { checkProjections } from './projections.js';
import { findReferences } from './reference/find-references.js';

describe.skipIf(!hasShared)('reference traces', () => {
  // `npm run verify` compares each model on each backend.
  it.each([
    ['tiny-llama-gqa', 'wasm'],
    ['tiny-llama-mha', hasTensorFlow ? 'tensorflow' : 'wasm'],
  ] as const)('%s on %s', async (name, backend) => {
    const findings = await checkFolder(sharedPath('reference', name), await openEngine({ backend }));
    expect(findings).toHaveLength(18);
    expect(findings.filter((finding) => !passes(finding))).toEqual([]);
  });

  it('projection.json', async () => {
    const findings = await checkProjections(sharedPath('reference', 'projection.json'));
    expect(findings.filter((finding) => !passes(finding))).toEqual([]);
  });
});

describe.skipIf(!hasShared)('findReferences', () => {
  it('searches a folder of references', async () => {
    const found = await findReferences(sharedPath('reference'));
    expect(found.map(({ kind }) => kind)).toEqual(['trace', 'trace', 'projections']);
  });

  it('throws for a folder without references', async () => {
    await expect(findReferences(sharedPath('data'))).rejects.toThrow('trace.json');
  });
});

describe('findings', () => {
  it('do not pass if a value is not finite', () => {
    expect(passes(compare('x', [Number.NaN], [1], 1))).toBe(false);
    expect(passes(compare('x', [1], [Number.NaN], 1))).toBe(false);
    expect(passes(compare('x', [1e-9], [0], 1))).toBe(false);
  });

  it('count the units in which masks differ', () => {
    expect(compareMasks('m', Uint8Array.of(1, 0, 1), [1, 1, 0]).largest).toBe(2);
  });
});
