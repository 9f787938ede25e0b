import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textRows, tokenBlocks } from '@grasp/calib-data';
import { type Checkpoint, openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { decodeMask } from '@grasp/fold';
import { tinyLlama, tinyText } from '@grasp/testing';
import { loadTokenizer } from '@grasp/tokenizer';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, openEngine } from '../engine/open-engine.js';
import { projectionOf } from '../projection/projection.js';
import { parseSettings } from '../settings/parse.js';
import type { PruneEvent } from './events.js';
import { prune } from './prune.js';
import type { PruneJob } from './prune-job.js';
import type { RunRecord } from './run-record.js';

const NORM = 'model.norm.weight';

let folder: string;
let checkpoint: Checkpoint;
let engine: Engine;
let job: Omit<PruneJob, 'folder' | 'settings'>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-run-'));
  await writeCheckpoint(tinyLlama(), join(folder, 'model'));
  checkpoint = await openCheckpoint(join(folder, 'model'));
  const tokenizer = await loadTokenizer(checkpoint);
  engine = await openEngine({ backend: 'wasm' });
  const gateBlocks = await tokenBlocks(textRows([tinyText]), tokenizer, { length: 32, count: 8 });
  const windows = await tokenBlocks(textRows([tinyText]), tokenizer, { length: 64, count: 4 });
  job = { checkpoint, engine, gateBlocks, evaluation: [{ name: 'text', windows }] };
});
afterAll(async () => {
  await checkpoint.close();
  await rm(folder, { recursive: true });
});

async function run(
  settings: Record<string, unknown>,
  more: Partial<PruneJob> = {},
): Promise<{ events: PruneEvent[]; record: RunRecord; at: string }> {
  const at = await mkdtemp(join(folder, 'out-'));
  const events: PruneEvent[] = [];
  const generator = prune({
    ...job,
    ...more,
    folder: at,
    settings: parseSettings({ text: { length: 32 }, gates: { epochs: 2 } }, settings),
  });
  for (;;) {
    const next = await generator.next();
    if (next.done) return { events, record: next.value, at };
    events.push(next.value);
  }
}

/** A run of the default settings, shared by the tests that only look at it. */
let usual: ReturnType<typeof run> | undefined;
const usualRun = () => {
  usual ??= run({});
  return usual;
};

describe('prune', () => {
  it('goes through its stages in order', async () => {
    const { events } = await usualRun();
    const stages = events.map((event) => (event.stage === 'perplexity' ? event.subject : event.stage));
    const order = stages.filter((stage, i) => stage !== stages[i - 1]);
    expect(order).toEqual([
      ...['load', 'dense'],
      ...['load', 'gates', 'scales'],
      ...['load', 'masked'],
      ...['write', 'verify', 'load', 'calibrated'],
    ]);
  });

  it('keeps the exact projection within every budget', async () => {
    for (const keep of [0.3, 0.5, 0.9]) {
      const [budget] = (await run({ budget: { keep }, gates: { epochs: 1 }, scales: { epochs: 0 } })).record
        .budgets;
      expect(budget!.kept).toBeLessThanOrEqual(budget!.limit);
      expect(budget!.limit).toBeCloseTo(keep * budget!.total);
    }
  });

  it('keeps everything at keep 1, and perplexity with it', async () => {
    const { perplexity, after, before } = (await run({ budget: { keep: 1 }, scales: { epochs: 0 } })).record;
    expect(after).toEqual(before);
    expect(perplexity.calibrated?.text).toBeCloseTo(perplexity.dense?.text ?? 0, 6);
  });

  it('lowers the loss, and improves on the mask with scales', async () => {
    const { losses, perplexity } = (await run({ gates: { epochs: 4 }, scales: { epochs: 4 } })).record;
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(losses.gates.slice(-8))).toBeLessThan(mean(losses.gates.slice(0, 8)));
    expect(perplexity.calibrated!.text!).toBeLessThan(perplexity.masked!.text!);
  });

  it('keeps the share of tuning that serves the held-out text best', async () => {
    const { ids, shape } = job.gateBlocks;
    const [count, length] = shape;
    const gateBlocks = {
      ...job.gateBlocks,
      ids: Int32Array.from([...ids, ...ids]),
      shape: [2 * count, length] as const,
    };
    const heldOut = { ...job.gateBlocks, ids: ids.slice((count - 1) * length), shape: [1, length] as const };
    const { record, events } = await run(
      { method: 'grasp+', budget: { keep: 0.6 }, importance: { rounds: 2, blocksPerRound: 2 } },
      { gateBlocks, evaluation: [{ name: 'held out', windows: heldOut }] },
    );
    const { blocks, share, losses } = record.heldOut!;
    const best = losses.reduce((a, b) => (b.loss < a.loss ? b : a));
    expect({ blocks, share }).toEqual({ blocks: 1, share: best.share });
    expect(Math.log(record.perplexity.calibrated!['held out']!)).toBeCloseTo(best.loss, 4);
    expect(events.filter(({ stage }) => stage === 'held-out')).toHaveLength(losses.length);
    expect(record.losses.scales).toHaveLength(2 * count - 1);
  });

  it('goes through the stages of grasp+, within the budget', async () => {
    const { events, record } = await run({
      method: 'grasp+',
      budget: { keep: 0.6 },
      importance: { rounds: 4, blocksPerRound: 2 },
    });
    const stages = events.map(({ stage }) => stage).filter((stage, i, all) => stage !== all[i - 1]);
    expect(stages.join()).toContain('importance,surgery,refit,teacher,scales');
    expect(record.losses.gates).toHaveLength(8);
    expect(record.budgets[0]!.kept).toBeLessThanOrEqual(record.budgets[0]!.limit);
    const missed = events.flatMap((event) => (event.stage === 'refit' ? [event.missed] : []));
    expect(missed.filter((share) => !(share >= 0 && share < 1))).toEqual([]);
  });

  it('gets the same teacher rows from the refit as from a pass of their own', async () => {
    const settings = {
      method: 'grasp+',
      budget: { keep: 0.6 },
      importance: { rounds: 2, blocksPerRound: 2 },
      refit: { blocks: 5 },
      distil: { blocks: 6 },
    };
    const apart = { scaleBlocks: { ...job.gateBlocks } };
    const [shared, alone, fewer] = [
      await run(settings),
      await run(settings, apart),
      await run({ ...settings, distil: { blocks: 3 } }),
    ];
    const predicted = ({ events }: typeof shared) =>
      events.flatMap((event) => (event.stage === 'teacher' ? [event.blocks] : []));
    expect(predicted(shared)).toEqual([1, 5]); // one block before the refit, five by it
    expect(predicted(alone)).toEqual([6, 6]);
    expect(predicted(fewer)).toEqual([3]); // of the five
    const losses = [shared, alone, fewer].map(({ record }) => record.losses.scales);
    losses[0]!.forEach((loss, step) => {
      expect(loss).toBeCloseTo(losses[1]![step]!, 3);
    });
    expect(losses[2]!.filter((loss, step) => Math.abs(loss - losses[0]![step]!) > 0.01)).not.toEqual([]);
  });

  it.each(['units', 'units+norms'] as const)('folds scales of %s', async (targets) => {
    const { at, record } = await run({ scales: { targets } });
    const pruned = await openCheckpoint(at);
    const [before, after] = [await checkpoint.read(NORM), await pruned.read(NORM)];
    await pruned.close();
    expect(Buffer.from(after.data.buffer).equals(Buffer.from(before.data.buffer))).toBe(targets === 'units');
    expect(record.perplexity.calibrated!.text!).toBeLessThan(record.perplexity.masked!.text!);
    expect(decodeMask(await readFile(join(at, record.maskFile))).scales).toBeDefined();
  });

  it('writes the mask apart from the weights', async () => {
    const { at, record } = await usualRun();
    const { mask, scales, layout } = decodeMask(await readFile(join(at, record.maskFile)));
    expect(layout.totalCost).toBe(record.budgets[0]!.total);
    expect(scales?.every((scale, unit) => (mask[unit] === 1) === (scale !== 0))).toBe(true);
  });

  it('writes scores that the mask is the projection of', async () => {
    for (const settings of [
      {},
      { projection: { rule: 'paper' } },
      { choice: 'importance', importance: { rounds: 3 } },
    ]) {
      const few = { gates: { epochs: 1 }, scales: { epochs: 0 } };
      const { at, record } = await run({ budget: { keep: 0.6 }, ...few, ...settings });
      const { mask, scores } = decodeMask(await readFile(join(at, record.maskFile)));
      expect(projectionOf(checkpoint, record.settings).project(scores!)).toEqual(mask);
    }
  });

  it('leaves no tensor behind, finished or left', async () => {
    await usualRun(); // what backends keep for good is there after a first run
    const before = tf.memory().numTensors;
    await run({ budget: { keep: 0.6 } });
    for (const moment of ['load', 'scales']) {
      const settings = parseSettings({ text: { length: 32 } });
      const at = await mkdtemp(join(folder, 'left-'));
      for await (const { stage } of prune({ ...job, folder: at, settings })) if (stage === moment) break;
      expect(tf.memory().numTensors, moment).toBe(before);
    }
  });

  it('cannot write where there is no folder', async () => {
    await writeFile(join(folder, 'file'), '');
    const settings = parseSettings({ text: { length: 32 }, gates: { epochs: 1 } });
    const consume = async () => {
      for await (const _ of prune({ ...job, folder: join(folder, 'file'), settings }));
    };
    await expect(consume()).rejects.toMatchObject({ code: 'GRASP_FILE_WRITE' });
  });
});
