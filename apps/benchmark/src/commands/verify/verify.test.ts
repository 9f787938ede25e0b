import { openEngine } from '@grasp/prune';
import { hasShared, sharedPath } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { checkFolder, checkProjections } from './check.js';
import { passes } from './finding.js';

describe.skipIf(!hasShared)('reference traces', () => {
  const cases = (['wasm', 'tensorflow'] as const).flatMap((backend) =>
    ['tiny-llama-gqa', 'tiny-llama-mha'].map((name) => [name, backend] as const),
  );

  it.each(cases)('%s on %s', async (name, backend) => {
    const findings = await checkFolder(sharedPath('reference', name), await openEngine({ backend }));
    console.log(findings.map(f=>f.quantity+' '+f.largest).join('\n'));
    expect(findings.filter((finding) => !passes(finding))).toEqual([]);
  });

  it('projection.json', async () => {
    const findings = await checkProjections(sharedPath('reference', 'projection.json'));
    expect(findings.filter((finding) => !passes(finding))).toEqual([]);
  });
});
