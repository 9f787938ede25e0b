import { parseSettings, settingEntries } from '@grasp/prune';
import { describe, expect, it } from 'vitest';
import { ablationsOf, SUITES, type Suite, subjectsOf } from './suites.js';

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

  it('shares what two suites both ask for', () => {
    const both = subjects('allocation', 'layouts').length;
    expect(both).toBe(subjects('layouts').length);
  });

  it('prunes each kind alone under the budget of both, before scales', () => {
    const kinds = subjects('kinds').filter(({ keep }) => keep === 0.8);
    expect(kinds.map(({ name, paper, unscaled }) => [name, paper, unscaled])).toEqual([
      ['keep-0.8-exact-free-ffn-only-unscaled', 'ffn-only', true],
      ['keep-0.8-exact-free-kv-only-unscaled', 'kv-only', true],
      ['keep-0.8-exact-free-unscaled', 'no-scales', true],
    ]);
    expect(kinds.map(({ pruning }) => pruning?.settings.projection.only)).toEqual(['ffn', 'kv', undefined]);
  });

  it('climbs from the method of the paper to grasp+, an idea a row', () => {
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

  it('sets the method of the paper against grasp+, whatever the seed', () => {
    const both = subjects('methods').filter(({ keep }) => keep === 0.5);
    expect(both.map(({ pruning }) => pruning!.settings.choice)).toEqual(['gates', 'importance']);
    const seeded = subjects('seeds').filter(({ keep }) => keep === 0.5);
    expect(seeded.slice(0, 2)).toEqual(both);
    expect(seeded.map(({ pruning }) => pruning!.settings.seed)).toEqual([42, 42, 43, 43, 44, 44]);
  });

  it('say which subjects make a line of a chart', () => {
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
