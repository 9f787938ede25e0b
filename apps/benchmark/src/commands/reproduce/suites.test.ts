import { parseSettings } from '@grasp/prune';
import { describe, expect, it } from 'vitest';
import { SUITES, type Suite, subjectsOf } from './suites.js';

const options = { keep: [0.8, 0.5], settings: parseSettings({ projection: 'paper' }), corpora: ['a', 'b'] };
const subjects = (...suites: Suite[]) => subjectsOf({ ...options, suites });
const settingsOf = (...suites: Suite[]) => subjects(...suites).flatMap((s) => s.pruning?.settings ?? []);

describe('subjectsOf', () => {
  it('names each subject once, the dense model first', () => {
    const names = subjects(...SUITES).map(({ name }) => name);
    expect(names[0]).toBe('dense');
    expect(new Set(names).size).toBe(names.length);
  });

  it('compares layouts under one projection and one budget', () => {
    const settings = settingsOf('layouts').filter(({ keep }) => keep === 0.5);
    expect(settings.map(({ layout, align }) => [layout, align])).toEqual([
      ['free', 1],
      ['free', 32],
      ['free', 128],
      ['uniform', 1],
    ]);
    expect(settings.every(({ projection }) => projection === 'exact')).toBe(true);
  });

  it('shares what two suites both ask for', () => {
    const both = subjects('allocation', 'layouts').length;
    expect(both).toBe(subjects('layouts').length);
  });
});
