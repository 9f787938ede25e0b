import { openEngine } from '@grasp/prune';
import { hasTensorFlow } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { type Sample, soak } from './soak.js';

const MEBI = 2 ** 20;

describe.skipIf(!hasTensorFlow)('learning for 600 steps', () => {
  it('does not accumulate memory or tensors', async () => {
    const samples: Sample[] = [];
    for await (const sample of soak(await openEngine({ backend: 'tensorflow' }), 600, 20))
      samples.push(sample);
    expect(samples.at(-1)).toMatchObject({ step: 600, stage: 'scales' });
    // A block that keeps all units has no tensors for removed units.
    const counts = samples.map(({ tensors }) => tensors);
    expect(Math.max(...counts) - Math.min(...counts), counts.join()).toBeLessThan(16);
    // The smallest growth of three periods. A leak grows in each of them.
    const marks = [0.25, 0.5, 0.75, 1].map((part) => samples[Math.ceil(part * samples.length) - 1]!);
    const grown = (of: 'residentBytes' | 'heapBytes') =>
      Math.min(...marks.slice(1).map((mark, i) => mark[of] - marks[i]![of])) / MEBI;
    // MiB in 150 steps. The activations of one step take 1.
    expect(grown('residentBytes')).toBeLessThan(8);
    expect(grown('heapBytes')).toBeLessThan(1);
  });
});
