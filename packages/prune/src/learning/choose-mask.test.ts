import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keptPerBlock } from '@grasp/budget';
import { rows, type TokenBlocks, textRows, tokenBlocks } from '@grasp/calib-data';
import { openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { type Decoder, type DecoderCheckpoint, loadDecoder, openDecoderCheckpoint } from '@grasp/decoder';
import { tinyLlama, tinyText } from '@grasp/testing';
import { loadTokenizer } from '@grasp/tokenizer';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../engine/open-engine.js';
import { addingMoments, type OutputMoments } from '../methods/obs/output-moments.js';
import { projectionOf } from '../projection/projection.js';
import { parseSettings } from '../settings/parse.js';
import type { RunState } from '../state/run-state.js';
import { chooseMask } from './choose-mask.js';

let folder: string;
let checkpoint: DecoderCheckpoint;
let model: Decoder;
let blocks: TokenBlocks;
beforeAll(async () => {
  await openEngine({ backend: 'wasm' });
  folder = await mkdtemp(join(tmpdir(), 'grasp-choose-'));
  await writeCheckpoint(tinyLlama(), folder);
  checkpoint = await openDecoderCheckpoint(await openCheckpoint(folder));
  const tokenizer = await loadTokenizer(checkpoint);
  blocks = await tokenBlocks(textRows([tinyText]), tokenizer, { length: 32, count: 4 });
  model = await loadDecoder(checkpoint);
});
afterAll(async () => {
  model.dispose();
  await checkpoint.close();
  await rm(folder, { recursive: true });
});

interface Choice {
  readonly importance?: object;
  readonly projection?: object;
}

/** The mask under these settings. The choice is broken off after `steps` events, if they are given. */
async function maskOf(
  { importance, projection = {} }: Choice,
  progress: Pick<RunState, 'choice'> = {},
  steps = Number.POSITIVE_INFINITY,
): Promise<Uint8Array | undefined> {
  const settings = parseSettings({ choice: 'importance', importance, projection, text: { length: 32 } });
  const onto = projectionOf(checkpoint, settings);
  const choice = chooseMask(model, { checkpoint }, blocks, settings, onto, progress);
  for (let step = 0; step < steps; step++) {
    const { done, value } = await choice.next();
    if (done) return value.mask;
  }
  await choice.return(undefined as never);
  return undefined;
}

describe("importance.within 'obs'", () => {
  const rounds = { rounds: 2, blocksPerRound: 2 };
  const obs = { importance: { ...rounds, within: 'obs' } };

  it('keeps the counts of every layer and kind, and other units', async () => {
    const first = (await maskOf({ importance: { ...rounds, within: 'importance' } }))!;
    const second = (await maskOf(obs))!;
    expect(keptPerBlock(model.layout, second)).toEqual(keptPerBlock(model.layout, first));
    expect(second).not.toEqual(first);
  });

  it('gives the same mask after an interruption in any round, and leaves no tensor behind', async () => {
    const undisturbed = await maskOf(obs);
    const before = tf.memory().numTensors;
    for (const steps of [1, 2, 3, 4, 5]) {
      const progress: Pick<RunState, 'choice'> = {};
      await maskOf(obs, progress, steps);
      expect(await maskOf(obs, progress)).toEqual(undisturbed);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('adds the moments of the dense model alone, and asks for later rounds as they are', async () => {
    const moments: OutputMoments = new Map();
    const asked = addingMoments(moments, model, 1);
    const batch = rows(blocks, [0]);
    const dense = new Float32Array(model.layout.size).fill(1);
    const { gradients } = await asked.lossAndGateGradients(batch, dense);
    const own = await model.lossAndGateGradients(batch, dense);
    const largest = Math.max(...own.gradients.map(Math.abs));
    const gap = Math.max(...own.gradients.map((x, unit) => Math.abs(x - gradients[unit]!)));
    expect(gap).toBeLessThan(1e-5 * largest); // the same sums, in another pass
    const before = [...moments.values()].map((sum) => sum.slice());
    const half = dense.map((_, unit) => unit % 2);
    expect(await asked.lossAndGateGradients(batch, half)).toEqual(
      await model.lossAndGateGradients(batch, half),
    );
    expect([...moments.values()]).toEqual(before);
  });

  it('never removes a protected unit', async () => {
    const mask = (await maskOf(obs))!;
    const { start } = model.layout.blocks.find(({ kind }) => kind === 'ffn')!;
    const removed = mask.indexOf(0, start) - start;
    const protect = [`layers.0.ffn.${removed}`];
    const protecting = (await maskOf({ ...obs, projection: { protect } }))!;
    expect(mask[start + removed]).toBe(0);
    expect(protecting[start + removed]).toBe(1);
  });
});
