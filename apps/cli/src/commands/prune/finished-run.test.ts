import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checkpoint, writeCheckpoint } from '@grasp/checkpoint';
import { modelFingerprint, RUN_RECORD } from '@grasp/prune';
import { tinyLlama } from '@grasp/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { finishedRun, writeIdentity } from './finished-run.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-finished-'));
});
afterAll(() => rm(folder, { recursive: true }));

const identityOf = async (model: Checkpoint) => ({ seed: 42, model: await modelFingerprint(model) });

/** The model with one weight that differs. */
function changed(model: Checkpoint): Checkpoint {
  const [first] = model.tensors.keys();
  return {
    ...model,
    async read(name) {
      const { data, ...info } = await model.read(name);
      const copy = data.slice();
      if (name === first) copy[0] = 1;
      return { ...info, data: copy } as Awaited<ReturnType<Checkpoint['read']>>;
    },
  };
}

it('is that of the same model alone, also if another one has its path now', async () => {
  const model = tinyLlama();
  const path = join(folder, 'out.before-healing');
  const asked: string[] = [];
  const find = (of: Checkpoint) =>
    finishedRun(path, () => {
      asked.push(of.source);
      return identityOf(of);
    });
  expect(await find(model)).toBeUndefined();
  await writeCheckpoint(model, path);
  const record = { format: 'grasp-run', version: 2, budgets: [], settings: {} };
  await writeFile(join(path, RUN_RECORD), JSON.stringify(record));
  expect(await find(model)).toBeUndefined(); // a folder of plain `grasp prune` may be of any weights
  expect(asked).toEqual([]);
  await writeIdentity(path, await identityOf(model));
  expect(await find(model)).toMatchObject({ format: 'grasp-run' });
  expect(await find(changed(model))).toBeUndefined();
  await rm(join(path, 'model.safetensors'));
  expect(await find(model)).toBeUndefined();
});
