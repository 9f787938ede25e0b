import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSettings, RUN_RECORD } from '@grasp/prune';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CellKey } from '../../../shared/cells/cell-store.js';
import type { Cell } from '../../../shared/cells/cells.js';
import type { RunContext } from '../plan/run-context.js';
import { type Subject, subjectsOf } from '../suites/suites.js';
import { chainsOf, runStep } from './steps.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-steps-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** `scales` and `table` share the model of keep-0.5; its first subject is keep-0.5-unscaled. */
const subjects = subjectsOf({
  suites: ['scales', 'table', 'allocation'],
  keep: [0.5],
  settings: parseSettings({ projection: { rule: 'paper' } }),
  corpora: ['a'],
});

/** Cells that are finished when their subject is in `finished`, and a plan with one cell per subject. */
const finished = new Set<string>();
const plan = {
  subjects,
  cells: async ({ name }: Subject) => [{ name, metric: 'ptb' } as Cell],
  pruning: async ({ pruning }: Subject) =>
    pruning &&
    ({
      folder: join(folder, `${pruning.settings.projection.rule}-${pruning.settings.projection.layout}`),
    } as never),
};
const store = {
  hasAll: async (keys: readonly CellKey[]) => keys.length > 0 && keys.every(({ name }) => finished.has(name)),
};

describe('chainsOf', () => {
  it('prunes each model once, under the name of its first subject, and then measures it', async () => {
    const chains = await chainsOf(plan, store);
    expect(chains.map((chain) => chain.map(({ name }) => name))).toEqual([
      ['measure:dense'],
      ['prune:keep-0.5-unscaled', 'measure:keep-0.5-unscaled'],
      ['prune:keep-0.5-exact-free', 'measure:keep-0.5-exact-free'],
      ['prune:keep-0.5-exact-uniform', 'measure:keep-0.5-exact-uniform'],
    ]);
    expect(chains.map((chain) => chain.map(({ claims }) => claims))).toEqual([
      [undefined],
      ...['paper-free', 'exact-free', 'exact-uniform'].map((name) => [join(folder, name), undefined]),
    ]);
  });

  it('is done pruning when the model is complete, and done measuring when all cells of all subjects are', async () => {
    const [, chain] = await chainsOf(plan, store);
    const done = async () => [await chain![0]!.isDone(), await chain![1]!.isDone()];
    finished.clear();
    expect(await done()).toEqual([false, false]);
    for (const one of ['keep-0.5', 'keep-0.5-unscaled']) {
      finished.add(one);
      expect(await done(), one).toEqual([false, false]);
      finished.delete(one);
    }
    finished.add('keep-0.5').add('keep-0.5-unscaled');
    expect(await done()).toEqual([false, true]);
    await mkdir(join(folder, 'paper-free'));
    expect(await done()).toEqual([false, true]);
    await writeFile(join(folder, 'paper-free', RUN_RECORD), '{}');
    expect(await done()).toEqual([true, true]);
  });
});

describe('runStep', () => {
  /** The subjects that a step prunes and measures. Pruning finds complete models, and cells are finished. */
  async function workOf(step: string): Promise<{ pruned: string[]; measured: string[] }> {
    const [pruned, measured]: string[][] = [[], []];
    const context = {
      plan: {
        subjects,
        checkpoint: {},
        async pruning(subject: Subject) {
          pruned!.push(subject.name);
          return undefined;
        },
        async cells(subject: Subject) {
          measured!.push(subject.name);
          return [];
        },
      },
    } as unknown as RunContext;
    await runStep(step, context);
    return { pruned: pruned!, measured: measured! };
  }

  it('prunes a model, or measures all its subjects', async () => {
    expect(await workOf('prune:keep-0.5-unscaled')).toEqual({ pruned: ['keep-0.5-unscaled'], measured: [] });
    expect(await workOf('measure:keep-0.5-unscaled')).toEqual({
      pruned: [],
      measured: ['keep-0.5-unscaled', 'keep-0.5'],
    });
    expect(await workOf('measure:dense')).toEqual({ pruned: [], measured: ['dense'] });
  });

  it.each(['prune:keep-0.5', 'measure:', 'bake:dense', 'dense', ''])(
    'throws for the step "%s"',
    async (step) => {
      await expect(workOf(step)).rejects.toMatchObject({
        code: 'GRASP_BENCH_OPTION',
        message: `--step ${step}: the plan has no such step. Use the options of the submitting command.`,
      });
    },
  );
});
