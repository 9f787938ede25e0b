import { delimiter } from 'node:path';
import { blocksFingerprint } from '@grasp/calib-data';
import { lastOf, perplexity } from '@grasp/eval';
import { openEngine } from '@grasp/prune';
import { tinyLlama } from '@grasp/testing';
import { expect, it } from 'vitest';
import { loadModel } from '../../shared/models/load-model.js';
import { perplexityInTransformers } from './perplexity-in-transformers.js';

const pythons = (process.env.GRASP_PYTHON ?? '').split(delimiter).filter(Boolean);
const required = process.env.GRASP_REQUIRE_PYTHON === '1';

it.skipIf(pythons.length === 0 && !required)(
  'a model has the perplexity that transformers computes for the folder written of it',
  async () => {
    const checkpoint = tinyLlama();
    const decoder = await loadModel(checkpoint, await openEngine({ threads: 1 }));
    const batch = { ids: Int32Array.from({ length: 64 }, (_, i) => (7 * i) % 26), shape: [2, 32] as const };
    const windows = { ...batch, fingerprint: await blocksFingerprint(batch), description: 'two windows' };
    const ours = (await lastOf(perplexity(decoder, windows))).perplexity;
    decoder.dispose();
    expect(pythons.length).toBeGreaterThan(0);
    for (const python of pythons) {
      const theirs = await perplexityInTransformers(checkpoint, windows, { python, threads: 1 });
      expect(Math.abs(theirs / ours - 1), python).toBeLessThan(1e-4);
    }
  },
);
