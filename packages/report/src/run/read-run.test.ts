import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLayout } from '@grasp/budget';
import { encodeMask } from '@grasp/fold';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { madeUpRun } from '../../test/made-up-run.js';
import { readRun } from './read-run.js';
import { runReport } from './run-report.js';

const { record, units } = madeUpRun();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-read-run-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(changed: unknown, mask: Uint8Array = encodeMask(units)) {
  await writeFile(join(folder, 'grasp.json'), JSON.stringify(changed));
  await writeFile(join(folder, 'grasp-mask.json'), mask);
  return readRun(folder);
}

/** A copy of the record with one field, named by a path, changed. */
function changed(path: readonly string[], value: unknown): unknown {
  const copy = structuredClone(record) as unknown as Record<string, never>;
  const parent = path.slice(0, -1).reduce<Record<string, unknown>>((at, name) => at[name] as never, copy);
  if (value === undefined) delete parent[path.at(-1)!];
  else parent[path.at(-1)!] = value;
  return copy;
}

/** Paths of all values of the record that are no objects. */
function leaves(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  return Object.entries(value).flatMap(([name, item]) => leaves(item, [...path, name]));
}

describe('readRun', () => {
  it('reads what a run wrote', async () => {
    expect((await read(record)).record).toEqual(JSON.parse(JSON.stringify(record)));
    const losses = { gates: [3, null], scales: [] };
    const perplexity = { dense: { text: 20 }, masked: { text: null } };
    await runReport(await read({ ...record, losses, perplexity }));
  });

  it.each<[readonly string[], unknown, string]>([
    [['model'], 5, 'model is 5; expected a string'],
    [['before'], undefined, 'before is missing; expected an object'],
    [['after', 'parameters'], 'many', 'after.parameters is "many"; expected a number of at least 0'],
    [['before', 'kvCacheBytesPerToken'], -1, 'kvCacheBytesPerToken is -1'],
    [['budgets', '0', 'total'], null, 'budgets[0].total is null'],
    [['budgets', '0'], [], 'budgets[0] is []; expected an object'],
    [['data', 'gates', 'shape'], '8', 'data.gates.shape is "8"; expected a list'],
    [['data', 'evaluation', 'test.txt'], null, 'data.evaluation.test.txt is null'],
    [['losses', 'gates', '3'], 'x', 'losses.gates[3] is "x"; expected a number or null'],
    [['losses', 'scales'], undefined, 'losses.scales is missing; expected a list'],
    [['perplexity', 'dense', 'test.txt'], {}, 'perplexity.dense.test.txt is {}'],
    [['versions'], 'all', 'versions is "all"; expected an object'],
    [['settings', 'projection', 'align'], 'wide', 'projection.align'],
  ])('refuses %j as %j', async (path, value, message) => {
    await expect(read(changed(path, value))).rejects.toMatchObject({
      code: 'GRASP_RUN_FOLDER',
      message: expect.stringContaining(message),
    });
  });

  it('refuses layer numbers beyond any model', async () => {
    const layout = createLayout([{ layer: 2 ** 31, kind: 'ffn', count: 1, cost: 1 }]);
    const mask = encodeMask({ layout, mask: Uint8Array.of(1), scores: Float32Array.of(1) });
    await expect(read(record, mask)).rejects.toMatchObject({
      code: 'GRASP_RUN_FOLDER',
      message: expect.stringContaining('grasp-mask.json: layer 2147483648'),
    });
  });

  it('draws any changed record, or refuses it by name', async () => {
    const values = [undefined, null, '', 'x', -1, 0, 1e308, [], {}, true];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...leaves(record)),
        fc.nat(3),
        fc.constantFrom(...values),
        async (path, up, value) => {
          const at = path.slice(0, Math.max(1, path.length - up));
          try {
            await runReport(await read(changed(at, value)));
          } catch (error) {
            expect(error).toMatchObject({ code: 'GRASP_RUN_FOLDER' });
          }
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });
});
