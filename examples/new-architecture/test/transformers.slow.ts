import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { loadDecoder } from '@grasp/decoder';
import { difference, toleranceOf } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { madeUpRun, madeUpSeedOss, someTokens } from './made-up.js';

/** Interpreters with torch and transformers: a list like PATH. */
const pythons = (process.env.GRASP_PYTHON ?? '').split(delimiter).filter(Boolean);

const script = `
import json, sys, torch
from transformers import AutoModelForCausalLM
ids = torch.tensor([json.loads(sys.argv[2])])
model = AutoModelForCausalLM.from_pretrained(sys.argv[1], trust_remote_code=True, dtype=torch.float32)
with torch.no_grad():
    print(json.dumps(model(ids).logits[0].flatten().tolist()))
`;

describe.skipIf(pythons.length === 0)('transformers', () => {
  it.each(pythons)('computes the same logits in %s, dense and pruned', async (python) => {
    await tf.setBackend('wasm');
    const root = await mkdtemp(join(tmpdir(), 'grasp-seed-oss-'));
    await writeFile(join(root, 'logits.py'), script);
    const dense = madeUpSeedOss();
    for (const [name, checkpoint] of Object.entries({ dense, pruned: madeUpRun(dense).pruned })) {
      const decoder = await loadDecoder(checkpoint);
      const own = await decoder.under().logits(someTokens);
      decoder.dispose();
      await writeCheckpoint(checkpoint, join(root, name));
      const args = [join(root, 'logits.py'), join(root, name), JSON.stringify([...someTokens.ids])];
      const { stdout } = await execa(python, args, { env: { HF_HUB_OFFLINE: '1' } });
      const theirs = Float32Array.from(JSON.parse(stdout.split('\n').at(-1)!));
      // Three layers, each with sums of 202 terms, and the head with 48.
      expect(difference(own, theirs).relative, name).toBeLessThan(toleranceOf('float32', 3 * 202 + 48));
    }
    await rm(root, { recursive: true });
  });
});
