import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { parseSettings } from '@grasp/prune';
import { tinyLlama } from '@grasp/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasPython, standInClone } from '../../../test/stand-in-clone.js';
import { contestData } from './contest-data.js';
import { forOfficial } from './for-official.js';
import { officialArguments } from './official-arguments.js';
import { checkClone } from './official-clone.js';
import { officialPython } from './official-python.js';
import { pruneOfficial } from './prune-official.js';

describe.skipIf(!hasPython)("a stand-in for the paper's repository", () => {
  let folder: string;
  let clone: string;
  const at = (name: string) => join(folder, name);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'grasp-official-'));
    const made = await standInClone(folder);
    clone = made.clone;
    vi.stubEnv('PYTHONPATH', made.packages);
    await writeCheckpoint(tinyLlama(), at('model'));
    await writeFile(at('gates.txt'), ' = Title = \n\nfirst\u2028row\n');
    await writeFile(at('scales.txt'), 'one\ntwo\n');
    await writeFile(at('test.txt'), Array.from({ length: 100 }, (_, i) => `row ${i} of a test`).join('\n'));
    for (const name of ['work', 'pruned']) await mkdir(at(name));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });

  async function run(changes: Record<string, unknown> = {}) {
    const checkpoint = await openCheckpoint(at('model'));
    const small = { projection: { rule: 'paper' }, budget: { keep: 0.6 }, text: { blocks: 8 } };
    const settings = parseSettings(small, changes);
    const text = (name: string, path: string) => ({ name, path: at(path) });
    const texts = ['wikitext2', 'ptb', 'c4'].map((name) => text(name, 'test.txt'));
    const [calib, scaleCalib] = [text('wikitext2', 'gates.txt'), text('wikitext2', 'scales.txt')];
    const data = await contestData(checkpoint, { calib, scaleCalib, texts, windows: 2 }, at('work'));
    const { config } = forOfficial(checkpoint);
    await writeCheckpoint(forOfficial(checkpoint), at('dense'));
    try {
      return await pruneOfficial(
        { python: 'python3', clone, work: at('work'), say: () => {} },
        {
          ...{ model: at('dense'), config, settings: officialArguments(settings), dtype: 'float32' },
          ...{ device: 'cpu', data, folder: at('pruned'), window: 256 },
        },
      );
    } finally {
      await checkpoint.close();
    }
  }

  it('is tried before any work: a package may be missing', async () => {
    const script = { clone, work: at('work'), say: () => {} };
    expect(await officialPython(script, 'python3')).toBe('python3');
    vi.stubEnv('PYTHONPATH', '');
    await expect(officialPython(script, 'python3')).rejects.toMatchObject({
      code: 'GRASP_OFFICIAL',
      message: expect.stringContaining("No module named 'datasets'"),
    });
  });

  it('receives the same rows and settings, and a model that it can save', async () => {
    const { cost, perplexity } = await run();
    expect(cost.seconds).toBeGreaterThan(0);
    expect(cost.peakBytes).toBeGreaterThan(2 ** 20);
    // Two windows of 256 tokens, a token a character, in rows of some 15: the stand-in counts rows.
    expect(perplexity).toEqual({ wikitext2: 30, ptb: 30, c4: 30 });
    const { args, rows } = JSON.parse(await readFile(at('pruned/seen.json'), 'utf8'));
    expect(rows).toEqual({ train: [' = Title = ', '', 'first\u2028row'], validation: ['one', 'two'] });
    expect(args).toMatchObject({
      ...{ model_family: 'llama', keep_ratio: 0.6, num_samples: 8, rescale_num_samples: 8, max_len: 512 },
      ...{ epochs: 4, rescale_epochs: 1, batch_size: 1, lr: 0.01, tau: 1.5, rescale_alpha: 0.5 },
      ...{ dtype: 'float32', device: 'cpu', skip_acc_eval: true },
    });
    const pruned = await openCheckpoint(at('pruned'));
    expect(pruned.tensors.has('lm_head.weight')).toBe(true);
    await pruned.close();
  });

  it('reports the last lines of a script that fails', async () => {
    await expect(run({ gates: { tau: 9 } })).rejects.toMatchObject({
      code: 'GRASP_OFFICIAL',
      message: `train.py of ${clone} failed:\nRuntimeError: the stand-in stops here`,
    });
  });

  it('reports that a folder is not a clone', async () => {
    await expect(checkClone(clone)).resolves.toBeUndefined();
    await rm(join(clone, 'train.py'));
    await expect(checkClone(clone)).rejects.toThrow(
      `${clone} is not a clone of the paper's repository: train.py is missing`,
    );
  });
});
