import { openEngine } from '@grasp/prune';
import { hasShared, sharedPath } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { checkFolder, checkProjections } from './check.js';
import { passes } from './finding.js';

describe.skipIf(!hasShared)('reference traces', () => {
  it.each(['tiny-llama-gqa', 'tiny-llama-mha'])('%s', async (name) => {
    const findings = await checkFolder(sharedPath('reference', name), await openEngine({ backend: 'wasm' }));
    console.log(findings);
    expect(findings.filter((finding) => !passes(finding))).toEqual([]);
  });

  it('projection.json', async () => {
    const findings = await checkProjections(sharedPath('reference', 'projection.json'));
    expect(findings.filter((finding) => !passes(finding))).toEqual([]);
  });
});
