import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { openEngine, parseHealSettings } from '@grasp/prune';
import { tinyLlama, tinyText } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CompareOptions, compare } from './compare.js';
import { compareCommand } from './index.js';
import { comparedMethods, METHOD_NAMES } from './methods.js';
import { RECOVERIES } from './recoveries.js';
import type { Comparison } from './report/comparison.js';
import { htmlComparison } from './report/html.js';
import { markdownPage } from './report/markdown.js';
import { entriesOf, tablesOf } from './report/tables.js';
import { textComparison } from './report/write-comparison.js';
import { compareStep } from './work/steps.js';

let folder: string;
const said: string[] = [];
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-compare-'));
  await writeCheckpoint(tinyLlama(), at('model'));
  await writeFile(at('text.txt'), Array.from({ length: 4 }, () => tinyText).join('\n'));
  const methods: Record<string, string> = {
    'last.mjs': `{ name: 'last first', needs: 'activations', async score({ model, batches }) {
      await model.under().observe(batches, ['layers.0.ffn.hidden'], async () => {});
      return Float32Array.from({ length: model.layout.size }, (_, i) => -i);
    } }`,
    'short.mjs': `{ name: 'short', needs: 'nothing', score: async () => new Float32Array(1) }`,
  };
  for (const [name, code] of Object.entries(methods)) await writeFile(at(name), `export default ${code};\n`);
});
afterAll(() => rm(folder, { recursive: true }));

const some = RECOVERIES.filter(({ name }) => !['refit', 'bias'].includes(name));

const options = async (changes: Partial<CompareOptions> = {}): Promise<CompareOptions> => {
  const text = { name: 'wikitext2', path: at('text.txt') };
  return {
    models: [at('model')],
    methods: await comparedMethods(['flap', 'grasp+', at('last.mjs')]),
    keep: [0.8, 0.5],
    recoveries: some,
    seeds: [1],
    settings: {
      text: { blocks: 3, length: 32 },
      lora: { rank: 2 },
      importance: { rounds: 2, blocksPerRound: 2 },
    },
    heal: parseHealSettings({ tokens: 256, length: 32, batch: 2, dtype: 'float32' }),
    calib: text,
    texts: [text],
    tasks: [],
    windows: 1,
    out: at('out'),
    openEngine: () => openEngine({ backend: 'wasm' }),
    say: (line) => said.push(line),
    ...changes,
  };
};

async function lastComparison(changes: Partial<CompareOptions> = {}): Promise<Comparison> {
  let last: Comparison | undefined;
  await compare(await options(changes), async (comparison) => {
    last = comparison;
  });
  return last!;
}

it('refuses two models of one name, and counts a seed or a ratio once', async () => {
  const models = [at('model'), at('other/model')];
  await expect(compare(await options({ models }), async () => {})).rejects.toThrow('the name "model"');
  const read = (flag: string, text: string) =>
    compareCommand().options.find(({ long }) => long === flag)!.parseArg!(text, undefined);
  expect(read('--seeds', '3,1,3')).toEqual([3, 1]);
  expect(read('--keep', '0.5,0.8,0.50')).toEqual([0.5, 0.8]);
});

describe('compare', () => {
  let found: Comparison;
  beforeAll(async () => {
    found = await lastComparison();
  }, 120_000);
  const run = (method: string, recovery: string) =>
    found.runs.find((each) => each.method === method && each.recovery === recovery && each.keep === 0.5)!;

  it('tries every mask under every recovery, within the budget', () => {
    expect(found.missing).toEqual([]);
    expect(found.runs).toHaveLength(3 * 2 * some.length);
    for (const { kept, keep } of found.runs) expect(kept).toBeLessThanOrEqual(keep);
    for (const { method } of tablesOf(found)[0]!.rows) {
      const values = some.map(({ name }) => run(method, name).measured.wikitext2!.value);
      expect(new Set(values).size, method).toBe(values.length);
      expect(new Set(some.map(({ name }) => run(method, name).kvKept)).size).toBe(1);
    }
  });

  it('counts what choices and recoveries ask of the model', () => {
    expect(run('flap', 'none').cost).toMatchObject({ forward: 3, gradients: 0 });
    expect(run('last-first', 'none').cost).toMatchObject({ forward: 3, gradients: 0 });
    expect(run('grasp+', 'none').cost).toMatchObject({ forward: 3, gradients: 5 }); // two rounds of 2, and 3 blocks dense
    expect(run('flap', 'scales').cost).toMatchObject({ forward: 3, gradients: 3 });
    const { cost } = run('grasp+', 'all');
    const healed = run('grasp+', 'healed').cost!;
    expect(healed.gradients).toBe(cost!.gradients + 8);
    expect(healed.forward).toBe(cost!.forward + 8);
    expect(cost!.gradients).toBeGreaterThan(4);
    expect(cost!.forward).toBeGreaterThan(0);
    expect(cost!.seconds).toBeGreaterThan(run('grasp+', 'none').cost!.seconds);
    expect(cost!.peakBytes).toBeGreaterThan(1e7);
  });

  it('heals what was recovered, on as many tokens as asked for', async () => {
    const healed = async (tokens: number, name: string) => {
      const few = { methods: await comparedMethods(['flap']), keep: [0.5], seeds: [1], out: at(name) };
      const heal = parseHealSettings({ tokens, length: 32, batch: 2, dtype: 'float32' });
      const recoveries = RECOVERIES.filter(({ heals }) => heals);
      return (await lastComparison({ ...few, heal, recoveries })).runs[0]!.measured.wikitext2!.value;
    };
    expect(run('flap', 'healed').measured.wikitext2!.value).toBe(await healed(256, 'healed'));
    const longer = await healed(1024, 'healed-longer');
    expect(longer).toBeLessThan(run('flap', 'all').measured.wikitext2!.value);
  }, 120_000);

  it('seeds draw their own text, the same for all methods', async () => {
    const methods = await comparedMethods(['random', 'wanda-sp', 'fisher']);
    const seeded = await lastComparison({
      ...{ methods, seeds: [1, 2], keep: [0.5], out: at('seeds') },
      recoveries: RECOVERIES.slice(0, 1),
    });
    const [table] = tablesOf(seeded) as [ReturnType<typeof tablesOf>[number]];
    expect(table.rows.map(({ runs }) => runs.length)).toEqual([2, 2, 2]);
    const of = (method: string) => table.rows.find((row) => row.method === method)!.runs;
    for (const method of ['random', 'wanda-sp'])
      expect(of(method)[0]!.measured).not.toEqual(of(method)[1]!.measured);
    expect(of('random')[0]!.cost).toMatchObject({ forward: 0, gradients: 0 });
    expect(of('fisher')[0]!.cost).toMatchObject({ forward: 0, gradients: 3 });
    expect(entriesOf(table)[0]![1]!.text).toContain(' ± ');
    expect(markdownPage(seeded)).toMatch(/\| \*\*[\d.e]+ ± [\d.e]+\*\* \|/);
  });

  it('computes nothing again, and removes the models that it has measured', async () => {
    said.length = 0;
    const openEngine = () => Promise.reject(new Error('there is nothing to compute'));
    expect(await lastComparison({ openEngine })).toEqual(found);
    expect(said).toEqual([]);
    expect(await readdir(join(at('out'), 'models'))).toEqual([]);
  });

  it('writes tables with the best of each column, charts and a ranking', () => {
    const page = markdownPage(found);
    expect(page).toContain('## Keep 0.5, no recovery');
    expect(page).toMatch(/\| \*\*[\d.e]+\*\* \|/);
    expect(page).toContain('## Which is best?');
    expect(page).toContain('3 blocks of 32 tokens of wikitext2');
    const html = htmlComparison(found);
    expect(html.match(/<svg/g)).toHaveLength(some.length + 2);
    expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)|NaN/);
    expect(textComparison(found)).toContain('last-first');
  });

  it('goes step by step to the same numbers', async () => {
    const out = at('steps');
    const few = { out, methods: await comparedMethods(['flap']), keep: [0.5], seeds: [1] };
    const names = some.map(({ name }) => `recover:model-flap-keep-0.5-seed-1-${name}`);
    for (const step of ['measure:model', 'choose:model-flap-keep-0.5-seed-1', ...names])
      await compareStep(await options(few), step);
    const openEngine = () => Promise.reject(new Error('there is nothing to compute'));
    const { runs } = await lastComparison({ ...few, openEngine });
    expect(runs.map(({ measured }) => measured)).toEqual(some.map(({ name }) => run('flap', name).measured));
    await expect(compareStep(await options(few), 'choose:nothing')).rejects.toThrow('no such step');
  });

  it('goes on where one method does not suit, and names it', async () => {
    const methods = await comparedMethods([at('short.mjs'), 'random']);
    const { runs, missing } = await lastComparison({
      ...{ methods, out: at('short'), seeds: [1], keep: [0.5] },
      recoveries: RECOVERIES.slice(0, 2),
    });
    expect(runs.map(({ method, recovery }) => [method, recovery])).toEqual([['random', 'none']]);
    expect(missing).toHaveLength(2);
    expect(missing[1]).toMatch(/^model-random-keep-0\.5-seed-1-bias: .* has no such bias/);
    expect(missing[0]).toMatch(/^model-short-keep-0\.5-seed-1: .* 1 scores for/);
  });

  it('knows its methods', async () => {
    expect(METHOD_NAMES).toContain('grasprune');
    await expect(comparedMethods(['best'])).rejects.toThrow('"best" is not a known method');
    await expect(comparedMethods(['flap', 'flap'])).rejects.toThrow('Two methods');
    await expect(comparedMethods([at('none.mjs')])).rejects.toThrow('cannot be loaded');
  });
});

it.each([
  ['--settings', '{"seed": 7}', '--seeds'],
  ['--settings', '{"method": "flap"}', '--method'],
  ['--heal-settings', '{"seed": 7}', '--seeds'],
])('refuses %s %s, which another option sets', async (flag, json, option) => {
  const argv = ['--model', 'm', '--out', 'o', flag, json];
  const command = compareCommand().parseAsync(argv, { from: 'user' });
  await expect(command).rejects.toMatchObject({
    code: 'GRASP_BENCH_OPTION',
    message: expect.stringContaining(option),
  });
});
