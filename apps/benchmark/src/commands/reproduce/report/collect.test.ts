import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSettings, RUN_RECORD } from '@grasp/prune';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CellStore } from '../../../shared/cells/cell-store.js';
import type { Plan } from '../plan/plan.js';
import { type Subject, subjectsOf } from '../suites/suites.js';
import { collect } from './collect.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-collect-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('has the finished cells, the engines, the share kept, and all that is missing', async () => {
  const options = { suites: ['table'] as const, keep: [0.5], settings: parseSettings(), corpora: ['a'] };
  const cellOf = (name: string) => ({
    ...{ metric: 'ptb', name, inputs: name, title: name, isComplete: () => true },
    ...{ compute: async () => undefined, measured: (value: unknown) => ({ value: value as number }) },
  });
  const plan = {
    ...{ model: 'm', paper: undefined, ablations: [], impossible: ['impossible'] },
    evaluation: async () => ({ missing: ['not there'] }),
    pruning: async ({ pruning }: Subject) => pruning && { folder },
    cells: async ({ name }: Subject) => [cellOf(name)],
  } as unknown as Plan;
  const store = new CellStore(join(folder, 'cells'));
  const subjects = subjectsOf(options);
  const report = () => collect(plan, store, subjects, ['failed']);
  expect(await report()).toMatchObject({
    engine: 'not recorded',
    missing: ['not there', 'impossible', 'failed'],
  });

  await store.write(cellOf('dense'), { engine: 'one', seconds: 1, value: 5 });
  await store.write(cellOf('keep-0.5'), { engine: 'two', seconds: 1, value: 6 });
  const record = (text: string) => writeFile(join(folder, RUN_RECORD), text);
  await record(JSON.stringify({ before: { prunableParameters: 10 }, after: { prunableParameters: 4 } }));
  const { engine, rows } = await report();
  expect(engine).toBe('one; two');
  expect(rows.map(({ kept }) => kept)).toEqual([undefined, 0.4]);
  expect(rows.map(({ cells }) => cells.find(({ metric }) => metric.key === 'ptb')?.measured?.value)).toEqual([
    5, 6,
  ]);

  for (const damaged of ['{"before": {"prunable', '{"before": {}, "after": {}}', 'null']) {
    await record(damaged);
    expect((await report()).rows[1]?.kept, damaged).toBeUndefined();
  }
});
