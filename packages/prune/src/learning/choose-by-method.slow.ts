import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textRows, tokenBlocks } from '@grasp/calib-data';
import { type Checkpoint, openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { decodeMask } from '@grasp/fold';
import { tinyLlama, tinyText } from '@grasp/testing';
import { loadTokenizer } from '@grasp/tokenizer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../engine/open-engine.js';
import { MethodError } from '../methods/errors.js';
import { methodFromModule } from '../methods/method-module.js';
import type { PruningMethod } from '../methods/pruning-method.js';
import { rivals } from '../methods/rivals.js';
import { type Projection, projectionOf } from '../projection/projection.js';
import { prune } from '../run/prune.js';
import type { PruneJob } from '../run/prune-job.js';
import { runIdentity } from '../run/run-identity.js';
import type { RunRecord } from '../run/run-record.js';
import { parseSettings } from '../settings/parse.js';
import { openStateFile } from '../state/state-file.js';

let folder: string;
let checkpoint: Checkpoint;
let base: Omit<PruneJob, 'folder' | 'settings'>;
const plain = parseSettings({ method: 'random', text: { length: 32 } });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-methods-'));
  await writeCheckpoint(tinyLlama(), join(folder, 'model'));
  checkpoint = await openCheckpoint(join(folder, 'model'));
  const tokenizer = await loadTokenizer(checkpoint);
  const gateBlocks = await tokenBlocks(textRows([tinyText]), tokenizer, { length: 32, count: 3 });
  base = { checkpoint, engine: await openEngine({ backend: 'wasm' }), gateBlocks };
});
afterAll(async () => {
  await checkpoint.close();
  await rm(folder, { recursive: true });
});

async function run(job: Partial<PruneJob>): Promise<{ record: RunRecord; mask: Uint8Array }> {
  const at = await mkdtemp(join(folder, 'out-'));
  const generator = prune({ ...base, settings: plain, folder: at, ...job });
  for (;;) {
    const next = await generator.next();
    if (!next.done) continue;
    const { mask } = decodeMask(await readFile(join(at, 'grasp-mask.json')));
    return { record: next.value, mask };
  }
}

const projection = (settings = plain): Projection => projectionOf(checkpoint, settings);

describe('prune by a method', () => {
  it.each(Object.keys(rivals))('%s meets the budget, and its record says what chose', async (method) => {
    const settings = parseSettings({ method, text: { length: 32 } });
    const { record } = await run({ settings });
    expect(record.settings.choice).toBe(method);
    const [budget] = record.budgets;
    expect(budget!.kept).toBeLessThanOrEqual(budget!.limit);
  });

  it("gives any method's mask the whole recovery", async () => {
    const settings = parseSettings({
      method: 'grasp+',
      choice: 'flap',
      lora: { rank: 2 },
      text: { length: 32 },
    });
    const { record, mask } = await run({ settings });
    expect(record.losses.scales.length).toBeGreaterThan(0);
    expect(mask).toEqual(
      (await run({ settings: parseSettings({ method: 'flap', text: { length: 32 } }) })).mask,
    );
  });

  it('takes scores, a mask, or an object, and all of them give the same', async () => {
    const { layout, project } = projection();
    const scores = Float32Array.from({ length: layout.size }, (_, i) => Math.sin(i));
    const mask = project(scores);
    const method: PruningMethod = { name: 'mine', needs: 'nothing', score: async () => scores };
    const masking: PruningMethod = {
      name: 'masking',
      needs: 'nothing',
      mask: async (inputs) => inputs.project(scores),
    };
    for (const job of [{ scores }, { mask }, { method }, { method: masking }]) {
      const done = await run(job);
      expect(done.mask).toEqual(mask);
      expect(done.record.settings.choice).toBe('given');
      expect(done.record.chosenBy).toMatch(/^(given (scores|mask) [0-9a-f]{16}|mine|masking)$/);
    }
  });

  it('asks a method once, also in a run that is taken up again', async () => {
    let asked = 0;
    const { layout } = projection();
    const method: PruningMethod = {
      name: 'counting',
      needs: 'nothing',
      score: async () => {
        asked++;
        return new Float32Array(layout.size);
      },
    };
    const job = { ...base, settings: plain, method };
    const path = join(folder, 'counting.state');
    for (const most of [3, Number.POSITIVE_INFINITY]) {
      const stateFile = await openStateFile(path, await runIdentity(job));
      let count = 0;
      for await (const { stage } of prune({ ...job, stateFile }))
        if (stage === 'method' && ++count === 2) if (most === 3) break;
    }
    expect(asked).toBe(1);
    const other = { ...job, method: { ...method, name: 'another' } };
    await expect(openStateFile(path, await runIdentity(other))).rejects.toThrow('method of choice');
  });

  it('asks a method again that was corrected', async () => {
    const { layout } = projection();
    const method = (size: number): PruningMethod => {
      return { name: 'corrected', needs: 'nothing', score: async () => new Float32Array(size) };
    };
    const path = join(folder, 'corrected.state');
    const runOf = async (size: number) => {
      const job = { ...base, settings: plain, method: method(size) };
      const stateFile = await openStateFile(path, await runIdentity(job));
      for await (const _ of prune({ ...job, stateFile }));
    };
    await expect(runOf(layout.size - 1)).rejects.toThrow(MethodError);
    await runOf(layout.size);
  });

  it('takes a module, and does not resume with what another version of it found', async () => {
    const path = join(folder, 'method.mjs');
    const identities: unknown[] = [];
    for (const value of [1, 2]) {
      const score = `async ({ model }) => new Float32Array(model.layout.size).fill(${value})`;
      await writeFile(path, `export default { name: 'mine', needs: 'nothing', score: ${score} };`);
      const method = await methodFromModule(path);
      expect(method.name).toBe('mine');
      identities.push((await runIdentity({ ...base, settings: plain, method }))['method of choice']);
    }
    expect(identities[0]).not.toBe(identities[1]);
  });

  it.each([{ dropLayers: 1 }, { only: 'layers' }] as const)(
    'takes a mask that removes whole layers under %j, and no other',
    async (constraint) => {
      const keep = 0.5;
      const settings = parseSettings(plain, { projection: constraint, budget: { keep } });
      const { layout, project } = projection(settings);
      const mask = project(Float32Array.from({ length: layout.size }, (_, i) => Math.sin(i)));
      expect((await run({ mask, settings })).mask).toEqual(mask);
      const other = projection(parseSettings(plain, { budget: { keep: 0.3 } })).project(
        new Float32Array(layout.size),
      );
      await expect(run({ mask: other, settings })).rejects.toThrow('does not meet projection.minimum');
    },
  );

  it('lets a method that gives a mask remove whole layers', async () => {
    const settings = parseSettings({
      method: 'slimgpt',
      projection: { dropLayers: 1 },
      text: { length: 32 },
    });
    const { record } = await run({ settings });
    expect(record.layers.filter(({ ffn, kv }) => ffn + kv === 0)).toHaveLength(1);
  });

  it('refuses before any work that the caller should choose and does not', async () => {
    const run = prune({ ...base, settings: { ...plain, choice: 'given' } });
    await expect(run.next()).rejects.toThrow('None was given');
  });

  it('refuses what does not fit, and says what', async () => {
    const { layout, project } = projection();
    const scores = new Float32Array(layout.size);
    const all = new Uint8Array(layout.size).fill(1);
    const bad = async (job: Partial<PruneJob>) => {
      const error = await run(job).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(MethodError);
      return (error as Error).message;
    };
    expect(await bad({ scores: scores.subarray(1) })).toContain(
      `${layout.size - 1} scores for ${layout.size}`,
    );
    expect(await bad({ scores: scores.map((_, i) => (i === 5 ? Number.NaN : 0)) })).toContain(
      'unit 5 is NaN',
    );
    expect(await bad({ mask: all })).toContain('the budget allows');
    expect(await bad({ mask: all.map(() => 2) })).toContain('0 and 1');
    expect(await bad({ mask: new Uint8Array(layout.size) })).toContain('projection.minimum');
    expect(await bad({ mask: project(scores), scores })).toContain('scores and mask');
    expect(await bad({ settings: { ...plain, choice: 'given' } })).toContain('None was given');
    const paper = parseSettings({ projection: { rule: 'paper' } });
    await expect(run({ scores, settings: paper })).rejects.toThrow('projection.rule paper');
    const empty = new Uint8Array(layout.size);
    const settings = parseSettings(plain, { projection: { minimum: 0 } });
    expect((await run({ mask: empty.map((_, i) => (i < 3 ? 1 : 0)), settings })).mask[2]).toBe(1);
  });
});
