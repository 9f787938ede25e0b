import { flatSettings, parseSettings, settingEntries } from '@grasp/prune';
import { describe, expect, it } from 'vitest';
import { ablationsOf, SUITES, type Suite, type SuiteOptions, subjectsOf } from './suites.js';

const options = {
  keep: [0.8, 0.5],
  settings: parseSettings({ projection: { rule: 'paper' } }),
  corpora: ['a', 'b'],
};
const subjects = (...suites: Suite[]) => subjectsOf({ ...options, suites });
const settingsOf = (...suites: Suite[]) => subjects(...suites).flatMap((s) => s.pruning?.settings ?? []);

describe('subjectsOf', () => {
  it('names each subject once, the dense model first', () => {
    const names = subjects(...SUITES).map(({ name }) => name);
    expect(names[0]).toBe('dense');
    expect(new Set(names).size).toBe(names.length);
  });

  it('compares layouts under one projection and one budget', () => {
    const settings = settingsOf('layouts').filter(({ budget }) => budget.keep === 0.5);
    expect(settings.map(({ projection: { layout, align } }) => [layout, align])).toEqual([
      ['free', 1],
      ['free', 32],
      ['free', 128],
      ['uniform', 1],
    ]);
    expect(settings.every(({ projection }) => projection.rule === 'exact')).toBe(true);
  });

  it('shares subjects between suites', () => {
    const both = subjects('allocation', 'layouts').length;
    expect(both).toBe(subjects('layouts').length);
  });

  it('prunes each kind alone under the budget of both, without scales', () => {
    const kinds = subjects('kinds').filter(({ keep }) => keep === 0.8);
    expect(kinds.map(({ name, paper, unscaled }) => [name, paper, unscaled])).toEqual([
      ['keep-0.8-exact-free-ffn-only-unscaled', 'ffn-only', true],
      ['keep-0.8-exact-free-kv-only-unscaled', 'kv-only', true],
      ['keep-0.8-exact-free-unscaled', 'no-scales', true],
    ]);
    expect(kinds.map(({ pruning }) => pruning?.settings.projection.only)).toEqual(['ffn', 'kv', undefined]);
  });

  it('leads from the method of the paper to grasp+, one idea per row', () => {
    const rungs = subjects('ladder').filter(({ keep }) => keep === 0.5);
    expect(rungs[0]!.pruning?.settings).toEqual(parseSettings(options.settings, { budget: { keep: 0.5 } }));
    const changes = rungs.slice(1).map(({ pruning }, i) => {
      const before = new Map(settingEntries(rungs[i]!.pruning!.settings));
      return settingEntries(pruning!.settings).filter(([path, value]) => before.get(path) !== value).length;
    });
    expect(changes.every((count) => count >= 1 && count <= 3)).toBe(true);
    const { method: _, ...plus } = parseSettings({ method: 'grasp+', budget: { keep: 0.5 } });
    expect(rungs.at(-1)!.pruning?.settings).toMatchObject(plus);
  });

  it("has a row for each method of the paper's table, as it is", () => {
    const rows = subjects('rivals').filter(({ keep }) => keep === 0.5);
    expect(rows.map(({ paper, name }) => [paper, name])).toEqual([
      ['LLM-Pruner', 'keep-0.5-llm-pruner'],
      ['FLAP', 'keep-0.5-flap'],
      ['GRASPrune', 'keep-0.5'],
    ]);
    for (const { pruning } of rows.slice(0, 2)) {
      expect(pruning!.settings.projection.rule).toBe('exact');
      expect(pruning!.settings.scales.epochs).toBe(0);
    }
    expect(rows[2]!.pruning!.settings).toEqual(parseSettings(options.settings, { budget: { keep: 0.5 } }));
  });

  it('compares the method of the paper with grasp+ for each seed', () => {
    const both = subjects('methods').filter(({ keep }) => keep === 0.5);
    expect(both.map(({ pruning }) => pruning!.settings.choice)).toEqual(['gates', 'importance']);
    const seeded = subjects('seeds').filter(({ keep }) => keep === 0.5);
    expect(seeded.slice(0, 2)).toEqual(both);
    expect(seeded.map(({ pruning }) => pruning!.settings.seed)).toEqual([42, 42, 43, 43, 44, 44]);
  });

  it('lists the subjects of each line of a chart', () => {
    const [scales, kinds] = ablationsOf({ ...options, suites: ['table', 'scales', 'kinds'] });
    expect(scales).toEqual({
      suite: 'scales',
      lines: [
        { variant: 'without scales', subjects: ['keep-0.8-unscaled', 'keep-0.5-unscaled'] },
        { variant: 'with scales', subjects: ['keep-0.8', 'keep-0.5'] },
      ],
    });
    expect(kinds?.lines.map(({ variant }) => variant)).toEqual(['FFN only', 'KV only', 'both']);
  });
});

describe('each suite', () => {
  /** Variants at keep 0.5: name of the variant, subject, row of the paper, and settings that differ from the options. */
  const rowsOf = (suite: Suite, options: Partial<SuiteOptions> = {}) => {
    const all = { ...base, ...options, suites: [suite], keep: [0.5] };
    const byName = new Map(subjectsOf(all).map((subject) => [subject.name, subject]));
    const names = suite === 'table' ? [] : ablationsOf(all)[0]!.lines;
    return names.map(({ variant, subjects: [name] }) => {
      const { paper, unscaled, optional, pruning, title, keep } = byName.get(name!)!;
      expect(keep).toBe(0.5);
      const own = flatSettings(pruning!.settings);
      const expected = flatSettings(parseSettings(all.settings, { budget: { keep: 0.5 } }));
      const changed = Object.fromEntries(
        Object.entries(own).filter(([key, value]) => expected[key] !== value),
      );
      return { variant, name, title, paper, unscaled, optional, corpus: pruning!.corpus, changed };
    });
  };
  const base = { settings: parseSettings({ projection: { rule: 'paper' }, seed: 7 }), corpora: ['a', 'b'] };
  const main = {
    name: 'keep-0.5',
    title: 'keep 0.5',
    paper: 'GRASPrune',
    unscaled: undefined,
    optional: undefined,
    corpus: 'a',
    changed: {},
  };
  const exact = (name: string, title: string, changed: object = {}) => ({
    ...main,
    name: `keep-0.5-exact-${name}`,
    title: `keep 0.5, exact, ${title}`,
    paper: undefined,
    changed: { ...changed, projection: 'exact' },
  });
  const unscaled = (row: ReturnType<typeof exact> | typeof main, paper: string): object => ({
    ...row,
    name: `${row.name}-unscaled`,
    title: `${row.title}, without scales`,
    paper,
    unscaled: true,
  });

  it('table: the dense model and the method of the paper', () => {
    const [dense, pruned] = subjectsOf({ ...base, suites: ['table'], keep: [0.5] });
    expect(dense).toEqual({ name: 'dense', title: 'dense', keep: 1, paper: 'dense' });
    expect(pruned).toEqual({
      ...{ name: 'keep-0.5', title: 'keep 0.5', keep: 0.5, paper: 'GRASPrune' },
      pruning: { settings: parseSettings(base.settings, { budget: { keep: 0.5 } }), corpus: 'a' },
    });
    expect(ablationsOf({ ...base, suites: ['table'], keep: [0.5] })).toEqual([]);
  });

  it('scales', () => {
    expect(rowsOf('scales')).toEqual([
      { ...unscaled(main, 'no-scales'), variant: 'without scales' },
      { ...main, variant: 'with scales' },
    ]);
  });

  it('allocation', () => {
    expect(rowsOf('allocation')).toEqual([
      { ...exact('free', 'one budget'), variant: 'one budget' },
      { ...exact('uniform', 'equal layers', { layout: 'uniform' }), variant: 'equal layers' },
    ]);
  });

  it('layouts', () => {
    expect(rowsOf('layouts')).toEqual([
      { ...exact('free', 'one budget'), variant: 'any' },
      { ...exact('free-32', 'FFN widths multiples of 32', { align: 32 }), variant: '×32' },
      { ...exact('free-128', 'FFN widths multiples of 128', { align: 128 }), variant: '×128' },
      { ...exact('uniform', 'equal layers', { layout: 'uniform' }), variant: 'equal layers' },
    ]);
  });

  it('kinds: one kind alone may be impossible, both together may not', () => {
    const alone = (only: string, title: string) => ({
      ...unscaled(exact(`free-${only}-only`, title, { only }), `${only}-only`),
      ...{ variant: title, optional: true },
    });
    expect(rowsOf('kinds')).toEqual([
      alone('ffn', 'FFN only'),
      alone('kv', 'KV only'),
      { ...unscaled(exact('free', 'FFN and KV'), 'no-scales'), variant: 'both' },
    ]);
  });

  it('corpus: the first is the method of the paper, the others have no row in the paper', () => {
    expect(rowsOf('corpus')).toEqual([
      { ...main, variant: 'a' },
      {
        ...main,
        variant: 'b',
        name: 'keep-0.5-b',
        title: 'keep 0.5, gates on b',
        corpus: 'b',
        paper: undefined,
      },
    ]);
  });

  it('ladder: only its first row is in the paper', () => {
    const [first, ...rungs] = rowsOf('ladder');
    expect(first).toEqual({ ...main, variant: 'paper' });
    expect(rungs[0]).toEqual({
      ...exact('', ''),
      ...{ variant: 'exact', name: 'keep-0.5-ladder-exact', title: 'keep 0.5, exact projection' },
    });
    expect(rungs.length).toBeGreaterThan(4);
    for (const { variant, name, paper, corpus } of rungs)
      expect([name, paper, corpus]).toEqual([`keep-0.5-ladder-${variant}`, undefined, 'a']);
  });

  it('methods: the first and the last row of the ladder', () => {
    const rungs = rowsOf('ladder');
    expect(rowsOf('methods')).toEqual([rungs[0], { ...rungs.at(-1), variant: 'grasp+' }]);
  });

  it('seeds: both methods with the seed of the settings and the next two', () => {
    const methods = rowsOf('methods');
    const expected = [7, 8, 9].flatMap((seed) =>
      methods.map((row) => ({
        ...row,
        variant: `${row.variant}, seed ${seed}`,
        ...(seed === 7
          ? {}
          : {
              name: `${row.name}-seed-${seed}`,
              title: `${row.title}, seed ${seed}`,
              changed: { ...row.changed, seed },
            }),
      })),
    );
    expect(rowsOf('seeds')).toEqual(expected);
  });
});
