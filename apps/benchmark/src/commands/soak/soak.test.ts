import { openEngine } from '@grasp/prune';
import { expect, it } from 'vitest';
import { describeTrend } from './report.js';
import { type Sample, soak } from './soak.js';

it('samples the last step at least, whatever the interval', async () => {
  const samples: Sample[] = [];
  for await (const sample of soak(await openEngine({ backend: 'wasm' }), 29, 29)) samples.push(sample);
  expect(samples.map(({ step }) => step)).toEqual([20]);
  expect(describeTrend(samples)).toMatch(/^20 steps: /);
});
