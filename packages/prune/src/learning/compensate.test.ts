import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textRows, tokenBlocks } from '@grasp/calib-data';
import { type Checkpoint, openCheckpoint, toFloat32, writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama, tinyText } from '@grasp/testing';
import { loadTokenizer } from '@grasp/tokenizer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../engine/open-engine.js';
import { MethodError } from '../methods/errors.js';
import { prune } from '../run/prune.js';
import { parseSettings } from '../settings/parse.js';

let folder: string;
const stages = new Set<string>();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-compensate-'));
  await writeCheckpoint(tinyLlama(), join(folder, 'llama'));
  await writeCheckpoint(withBiases(tinyLlama()), join(folder, 'biased'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The same llama with biases of 0 wherever its family may have them. */
function withBiases(model: Checkpoint): Checkpoint {
  const tensors = new Map(model.tensors);
  for (const { name, shape } of model.tensors.values()) {
    if (!/_proj\.weight$/.test(name)) continue;
    const bias = name.replace(/weight$/, 'bias');
    tensors.set(bias, { name: bias, dtype: 'F32', shape: [shape[0]!] });
  }
  return {
    ...model,
    config: { ...model.config, attention_bias: true, mlp_bias: true },
    tensors,
    read: async (name) =>
      model.tensors.has(name)
        ? model.read(name)
        : {
            dtype: 'F32',
            shape: tensors.get(name)!.shape,
            data: new Float32Array(tensors.get(name)!.shape[0]!),
          },
  };
}

async function run(model: string, settings: Record<string, unknown>): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(join(folder, model));
  const tokenizer = await loadTokenizer(checkpoint);
  const gateBlocks = await tokenBlocks(textRows([tinyText]), tokenizer, { length: 32, count: 3 });
  const out = await mkdtemp(join(folder, 'out-'));
  const engine = await openEngine({ backend: 'wasm' });
  const job = { checkpoint, engine, settings: parseSettings({ text: { length: 32 } }, settings), gateBlocks };
  try {
    for await (const { stage } of prune({ ...job, folder: out })) stages.add(stage);
    return await openCheckpoint(out);
  } finally {
    await checkpoint.close();
  }
}

describe("refit.mode 'bias'", () => {
  it("writes FLAP's compensation into the biases of a family that has them", async () => {
    const sums: number[] = [];
    for (const mode of ['none', 'bias']) {
      const pruned = await run('biased', { method: 'flap', refit: { mode } });
      const bias = await pruned.read('model.layers.0.mlp.down_proj.bias');
      sums.push(toFloat32(bias).reduce((sum, x) => sum + Math.abs(x), 0));
      await pruned.close();
    }
    expect(stages).toContain('bias');
    expect(sums[0]).toBe(0);
    expect(sums[1]).toBeGreaterThan(0);
  });

  it('refuses other families, and tuning, with the reason', async () => {
    const bias = { refit: { mode: 'bias' } };
    const llama = run('llama', { ...bias, scales: { epochs: 0 }, gates: { epochs: 1e6 } }); // before the gates
    await expect(llama).rejects.toThrow(MethodError);
    await expect(llama).rejects.toThrow('this model has no such bias');
    const tuned = { method: 'flap', ...bias, scales: { epochs: 1 } };
    await expect(run('biased', tuned)).rejects.toThrow('scales.epochs 0');
  });
});
