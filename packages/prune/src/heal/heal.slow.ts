import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mixTexts, sha256OfIds, type TokenBlocks } from '@grasp/calib-data';
import { type Checkpoint, openCheckpoint, toFloat32, writeSafetensors } from '@grasp/checkpoint';
import { randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  checkHealState,
  type Engine,
  heal,
  healIdentity,
  healStateFile,
  openEngine,
  openTeacherCache,
  type PruneEvent,
  parseHealSettings,
  savedHealIdentity,
} from '../index.js';
import { rateAt } from './settings.js';

const tiny: TinyConfig = {
  model_type: 'llama',
  hidden_size: 16,
  intermediate_size: 24,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 4,
  num_hidden_layers: 2,
  vocab_size: 31,
  tie_word_embeddings: true,
};
const teacher = randomCheckpoint(tiny, 1);
const student = randomCheckpoint({ ...tiny, intermediate_size: 12 }, 2);
const settings = parseHealSettings({
  tokens: 240,
  length: 12,
  batch: 4,
  rows: 2,
  dtype: 'float32',
  evalEvery: 2,
  topLogits: 8,
});
const { ids } = randomTokens(8, 12, tiny.vocab_size, 5);
const text: TokenBlocks = { ids, shape: [8, 12], fingerprint: sha256OfIds(ids), description: 'random' };
const texts = { training: mixTexts([text], { count: 20, seed: 1 }), heldOut: text };

let folder: string;
let engine: Engine;
let bestStep = 0;
beforeAll(async () => {
  engine = await openEngine({ backend: 'wasm' });
  folder = await mkdtemp(join(tmpdir(), 'grasp-heal-'));
});
afterAll(() => rm(folder, { recursive: true }));

const job = () => ({ pruned: student, teacher, engine, settings, texts });

/** Runs a generator to its end, or up to an event. */
async function runTo<Result>(
  run: AsyncGenerator<PruneEvent, Result, undefined>,
  stop: (event: PruneEvent) => boolean = () => false,
): Promise<Result | undefined> {
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
    if (stop(next.value)) {
      await run.return(undefined as never);
      return undefined;
    }
  }
}

describe('heal', () => {
  it('resumes at any step and ends in the same record and bytes', async () => {
    const identity = await healIdentity(job());
    const folders: string[] = [];
    for (const stopAt of [undefined, 1, 3]) {
      const state = healStateFile(join(folder, `${stopAt}.state`), identity);
      const out = join(folder, `out-${stopAt}`);
      await mkdir(out);
      if (stopAt !== undefined) {
        const stop = (event: PruneEvent) => event.stage === 'heal' && event.step === stopAt;
        await runTo(heal({ ...job(), stateFile: state }), stop);
        expect(existsSync(join(folder, `${stopAt}.state`))).toBe(true);
      }
      const seen: number[] = [];
      await runTo(heal({ ...job(), folder: out, stateFile: state }), (event) => {
        if (event.stage === 'heal') seen.push(event.step);
        return false;
      });
      expect(seen[0]).toBe((stopAt ?? 0) + 1);
      folders.push(out);
    }
    const [whole, ...resumed] = folders as [string, ...string[]];
    for (const other of resumed) {
      for (const name of ['model.safetensors', 'grasp-heal.json'])
        expect(await readFile(join(other, name))).toEqual(await readFile(join(whole, name)));
    }
  });

  it('moves the student towards its teacher', async () => {
    const record = (await runTo(heal(job())))!;
    expect(record.steps).toHaveLength(5);
    expect(record.steps.at(-1)!.kl).toBeLessThan(record.steps[0]!.kl!);
    expect(record.curve.map(({ step }) => step)).toEqual([0, 2, 4, 5]);
    expect(record.perplexity).toEqual({ pruned: {}, healed: {} });
  });

  it('names the step of a loss that is not finite, and saves what stood before it', async () => {
    const path = join(folder, 'broken.state');
    const broken = { ...settings, learningRate: 1e30 };
    const state = healStateFile(path, await healIdentity({ ...job(), settings: broken }));
    await expect(runTo(heal({ ...job(), settings: broken, stateFile: state }))).rejects.toMatchObject({
      code: 'GRASP_HEAL',
      step: 2,
      message: expect.stringMatching(/^Step 2: /),
    });
    expect(existsSync(path)).toBe(true);
  });

  it('keeps the steps of a run whose output could not be written', async () => {
    const path = join(folder, 'unwritten.state');
    const state = healStateFile(path, await healIdentity(job()));
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    await expect(runTo(heal({ ...job(), folder: file, stateFile: state }))).rejects.toThrow(file);
    const out = join(folder, 'written-later');
    await mkdir(out);
    const steps: number[] = [];
    await runTo(heal({ ...job(), folder: out, stateFile: state }), (event) => {
      if (event.stage === 'heal') steps.push(event.step);
      return false;
    });
    expect(steps).toEqual([]);
    expect(existsSync(join(out, 'model.safetensors'))).toBe(true);
  });

  it('tells why it failed, also if the state cannot be saved then', async () => {
    const broken = { ...settings, learningRate: 1e30 };
    const state = healStateFile(join(folder, 'no-such-folder', 'state'), await healIdentity(job()));
    const run = runTo(heal({ ...job(), settings: broken, stateFile: state }));
    await expect(run).rejects.toThrow(/^Step 2: /);
  });

  it('refuses the state of another run, a damaged one, and another file', async () => {
    const path = join(folder, 'other.state');
    const state = healStateFile(path, await healIdentity(job()));
    await runTo(heal({ ...job(), stateFile: state }), (event) => event.stage === 'heal');
    const longer = { ...settings, tokens: 480 };
    const other = healStateFile(path, await healIdentity({ ...job(), settings: longer }));
    const refused = (file: typeof state) => runTo(heal({ ...job(), stateFile: file }));
    await expect(refused(other)).rejects.toThrow('tokens: 240 then, 480 now');
    await expect(checkHealState(path, { identity: await healIdentity(job()) })).resolves.toBeUndefined();
    const ofLonger = await healIdentity({ ...job(), settings: longer });
    await expect(checkHealState(path, { identity: ofLonger })).rejects.toThrow('tokens: 240 then, 480 now');
    await writeSafetensors(path, [], { format: 'grasp-heal-state 1', progress: '{' });
    await expect(refused(state)).rejects.toThrow('damaged. Restart (--restart)');
    const restarted = healStateFile(path, await healIdentity(job()), { restart: true });
    expect((await refused(restarted))!.steps).toHaveLength(5);
  });

  it('leaves a file that is no state of healing, also to restart', async () => {
    const path = join(folder, 'mine.state');
    await writeFile(path, 'mine');
    for (const restart of [false, true]) {
      const stateFile = healStateFile(path, await healIdentity(job()), { restart });
      await expect(runTo(heal({ ...job(), stateFile }))).rejects.toThrow('Move it, or choose another');
      await expect(checkHealState(path, { restart })).rejects.toThrow('Move it, or choose another');
    }
    expect(await readFile(path, 'utf8')).toBe('mine');
  });

  it('writes the weights of the best measurement, also after it was resumed', async () => {
    const early = {
      ...settings,
      learningRate: 1,
      decay: 'none' as const,
      warmUp: 1, // rates rise until they do harm
      evalEvery: 1,
      patience: 2,
    };
    const best = { ...job(), settings: parseHealSettings({ ...early, tokens: 24 * 48 }) };
    const longer = { ...best, texts: { ...texts, training: mixTexts([text], { count: 96, seed: 1 }) } };
    const identity = await healIdentity(longer);
    const outs: string[] = [];
    for (const stopAfter of [undefined, 0, 1]) {
      const out = join(folder, `best-${stopAfter}`);
      await mkdir(out);
      const stateFile = healStateFile(join(folder, `best-${stopAfter}.state`), identity);
      const measured = stopAfter === undefined ? undefined : bestStep + stopAfter;
      if (measured !== undefined)
        await runTo(
          heal({ ...longer, stateFile }),
          (e) => e.stage === 'heal-held-out' && e.step === measured,
        );
      const evaluation = [{ name: 'held out', windows: text }];
      const record = (await runTo(heal({ ...longer, folder: out, stateFile, evaluation })))!;
      bestStep = record.bestStep!;
      expect(bestStep).toBeGreaterThan(0);
      expect(bestStep).toBe(record.steps.length - 2);
      const { perplexity } = record.curve.find(({ step }) => step === bestStep)!;
      expect(record.perplexity.healed['held out']).toBeCloseTo(perplexity, 3);
      outs.push(out);
      await stateFile.remove();
      expect(existsSync(join(folder, `best-${stopAfter}.state.best`))).toBe(false);
    }
    for (const name of ['model.safetensors', 'grasp-heal.json'])
      for (const out of outs.slice(1))
        expect(await readFile(join(out, name))).toEqual(await readFile(join(outs[0]!, name)));
  });

  it('trains LoRA alone, merges it, and resumes', async () => {
    const settingsOf = { ...settings, train: 'lora' as const, rank: 2, tokens: 240 };
    const run = { ...job(), settings: settingsOf };
    const identity = await healIdentity(run);
    const evaluation = [{ name: 'held out', windows: text }];
    const outs: string[] = [];
    for (const stopAt of [undefined, 2]) {
      const out = join(folder, `lora-${stopAt}`);
      await mkdir(out);
      const stateFile = healStateFile(join(folder, `lora-${stopAt}.state`), identity);
      if (stopAt !== undefined)
        await runTo(heal({ ...run, stateFile }), (event) => event.stage === 'heal' && event.step === stopAt);
      const saved = await savedHealIdentity(join(folder, `lora-${stopAt}.state`));
      expect(saved?.train).toBe(stopAt === undefined ? undefined : 'lora');
      const record = (await runTo(heal({ ...run, stateFile, evaluation, folder: out })))!;
      expect(record.steps.at(-1)!.kl).toBeLessThan(record.steps[0]!.kl!);
      expect(record.parameters).toBeLessThan(4000);
      // What is written is what was measured while it was trained.
      // Merged in float32: the last bits of a product differ.
      expect(record.perplexity.healed['held out']! / record.curve.at(-1)!.perplexity).toBeCloseTo(1, 5);
      outs.push(out);
    }
    for (const name of ['model.safetensors', 'grasp-heal.json'])
      expect(await readFile(join(outs[1]!, name))).toEqual(await readFile(join(outs[0]!, name)));
    const healed = await openCheckpoint(outs[0]!);
    const same = async (name: string) =>
      expect(toFloat32(await healed.read(name))).toEqual(toFloat32(await student.read(name)));
    await same('model.embed_tokens.weight');
    await expect(same('model.layers.0.mlp.down_proj.weight')).rejects.toThrow();
    await healed.close();
  });

  it('takes predictions from a cache, and then loads no teacher', async () => {
    const cache = join(folder, 'cache');
    const outs = ['without', 'first', 'second'].map((name) => join(folder, `cached-${name}`));
    for (const [i, out] of outs.entries()) {
      await mkdir(out);
      const teacherCache = i === 0 ? undefined : await openTeacherCache(cache, job());
      if (i === 1) {
        // A run that ends early leaves what it has asked for.
        await runTo(heal({ ...job(), teacherCache }), (event) => event.stage === 'heal' && event.step === 1);
        expect(await teacherCache!.missing(texts.training)).toBeGreaterThan(0);
        expect(await teacherCache!.missing(texts.training)).toBeLessThan(8);
      }
      const unread = { ...teacher, read: () => Promise.reject(new Error('it is loaded')) };
      await runTo(heal({ ...job(), folder: out, teacherCache, ...(i === 2 ? { teacher: unread } : {}) }));
    }
    for (const out of outs.slice(1))
      for (const name of ['model.safetensors', 'grasp-heal.json'])
        expect(await readFile(join(out, name))).toEqual(await readFile(join(outs[0]!, name)));

    const files = (await readdir(cache, { recursive: true })).filter((name) => name.endsWith('.bin'));
    expect(files).toHaveLength(8);
    const bytes = await Promise.all(files.map((name) => readFile(join(cache, name))));
    expect(new Set(bytes.map(({ length }) => length))).toEqual(new Set([11 * 8 * 6 + 4]));
    await writeFile(join(cache, files[0]!), 'damaged'); // asked for again, and so is one with another number in it
    bytes[1]![100]! ^= 1;
    await writeFile(join(cache, files[1]!), bytes[1]!);
    const again = await openTeacherCache(cache, job());
    expect(await again.missing(texts.training)).toBe(2);
    const repaired = join(folder, 'cached-repaired');
    await mkdir(repaired);
    await runTo(heal({ ...job(), folder: repaired, teacherCache: again }));
    expect(await again.missing(texts.training)).toBe(0);
    expect(await readFile(join(repaired, 'model.safetensors'))).toEqual(
      await readFile(join(outs[0]!, 'model.safetensors')),
    );
  });

  it('refuses a cache of something else', async () => {
    const cache = join(folder, 'other-cache');
    await openTeacherCache(cache, job());
    for (const [change, named] of [
      [{ settings: { ...settings, topLogits: 4 } }, 'topLogits: 8 there, 4 now'],
      [{ settings: { ...settings, length: 8 } }, 'length: 12 there, 8 now'],
      [{ teacher: student }, 'teacher: '],
    ] as const)
      await expect(openTeacherCache(cache, { ...job(), ...change })).rejects.toMatchObject({
        code: 'GRASP_HEAL_TEACHER_CACHE',
        message: expect.stringContaining(named),
      });
    await writeFile(join(cache, 'grasp-teacher.json'), '{');
    await expect(openTeacherCache(cache, job())).rejects.toThrow('is damaged');
    await expect(openTeacherCache(join(cache, 'grasp-teacher.json'), job())).rejects.toThrow('it is a file');
    await rename(join(cache, 'grasp-teacher.json'), join(cache, 'other.json'));
    await expect(openTeacherCache(cache, job())).rejects.toThrow('it is not empty');
  });

  it('refuses a teacher with another vocabulary', async () => {
    const other: Checkpoint = randomCheckpoint({ ...tiny, vocab_size: 37 }, 1);
    await expect(runTo(heal({ ...job(), teacher: other }))).rejects.toMatchObject({
      code: 'GRASP_HEAL_TEACHER',
    });
  });

  it('takes a larger teacher, and freezes the embedding on request', async () => {
    const larger = randomCheckpoint({ ...tiny, hidden_size: 24, num_hidden_layers: 3, head_dim: 6 }, 7);
    const out = join(folder, 'frozen');
    await mkdir(out);
    const frozen = { ...settings, embedding: 'frozen' as const };
    await runTo(heal({ ...job(), teacher: larger, settings: frozen, folder: out }));
    const healed = await openCheckpoint(out);
    const name = 'model.embed_tokens.weight';
    expect(toFloat32(await healed.read(name))).toEqual(toFloat32(await student.read(name)));
    await healed.close();
  });
});

it('learning rates rise, and fall to 0', () => {
  const of = { ...settings, warmUp: 0.2 };
  const rates = Array.from({ length: 11 }, (_, step) => rateAt(of, step, 10));
  expect(rates.slice(0, 3)).toEqual([0.5, 1, 1]);
  expect(rates.at(-1)).toBeCloseTo(0, 12);
  expect(rateAt({ ...of, decay: 'none' }, 9, 10)).toBe(1);
});
