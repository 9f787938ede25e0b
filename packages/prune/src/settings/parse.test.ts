import { describe, expect, it } from 'vitest';
import { choiceSettings, flatSettings, settingEntries } from './flat.js';
import { parseSettings } from './parse.js';
import { SettingsError } from './settings-error.js';

describe('parseSettings', () => {
  it("has the paper's hyperparameters as defaults", () => {
    expect(parseSettings()).toEqual({
      method: 'grasprune',
      budget: { keep: 0.5, flopsContext: 2048 },
      projection: { rule: 'exact', layout: 'free', align: 1, minimum: 1 },
      choice: 'gates',
      gates: { epochs: 4, tau: 1.5 },
      importance: {},
      optimizer: { learningRate: 1e-2, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 },
      refit: { mode: 'none', blocks: 512, damping: 1e-3, compensation: 0.3 },
      scales: { targets: 'units', epochs: 1, schedule: 'constant', alpha: 0.5 },
      lora: { rank: 0, learningRate: 2e-3 },
      distil: { weight: 0, blocks: 512 },
      heldOut: { blocks: 0 },
      text: { blocks: 512, length: 512, batch: 1 },
      engine: { dtype: 'float32' },
      seed: 42,
    });
  });

  it.each([
    [{ budget: { keep: 0 } }, 'budget.keep'],
    [{ budget: { keep: 1.5 } }, 'budget.keep'],
    [{ budget: { keep: Number.NaN } }, 'budget.keep'],
    [{ gates: { tau: 0 } }, 'gates.tau'],
    [{ text: { length: 1 } }, 'text.length'],
    [{ gates: { epochs: 1.5 } }, 'gates.epochs'],
    [{ kepp: 0.5 }, 'kepp'],
    [{ budget: { kepp: 0.5 } }, 'kepp'],
    [{ budget: 0.5 }, 'budget'],
    [{ method: 'toString' }, 'method'],
  ])('refuses %o and names it', (input, name) => {
    expect(() => parseSettings(input)).toThrow(SettingsError);
    expect(() => parseSettings(input)).toThrow(name);
  });

  it('uses the defaults of a method, unless a setting is given', () => {
    const plus = parseSettings({ method: 'grasp+' });
    expect(plus).toMatchObject({
      choice: 'importance',
      refit: { mode: 'sequential', blocks: 64, damping: 1e-3, compensation: 0.3 },
      scales: { targets: 'units+norms', epochs: 1, schedule: 'annealed', alpha: 0.5 },
      lora: { rank: 16 },
      distil: { weight: 0.75, blocks: 64 },
    });
    const given = parseSettings({ method: 'grasp+', refit: { mode: 'none' } });
    expect(given).toEqual({ ...plus, refit: { ...plus.refit, mode: 'none' } });
    expect(parseSettings({ method: 'grasprune' })).toEqual(parseSettings());
  });

  it('merges inputs group by group, the later over the earlier', () => {
    const merged = parseSettings(
      { budget: { keep: 0.7, params: 100 }, text: { blocks: 8, length: 32 } },
      { budget: { keep: 0.8, params: undefined }, text: { length: 64 } },
    );
    expect(merged.budget).toEqual({ keep: 0.8, params: 100, flopsContext: 2048 });
    expect(merged.text).toEqual({ blocks: 8, length: 64, batch: 1 });
    expect(parseSettings(merged, { seed: 7 })).toEqual({ ...merged, seed: 7 });
  });

  const paper = { projection: { rule: 'paper' } };
  const obs = { importance: { within: 'obs' } };
  it.each([
    [{ ...paper, choice: 'importance' }, 'projection.rule paper', 'found choice importance'],
    [{ ...paper, method: 'grasp+' }, 'projection.rule paper', 'found choice importance'],
    [{ ...paper, method: 'flap' }, 'projection.rule paper', 'found choice flap'],
    [{ ...paper, choice: 'given' }, 'projection.rule paper', 'found choice given'],
    [{ method: 'flap', choice: 'gates' }, 'method flap and choice gates', 'Give one of them'],
    [obs, 'importance.within obs', 'found choice gates'],
    [{ ...obs, method: 'fisher' }, 'importance.within obs', 'found choice fisher'],
  ])('refuses %o, which would have no effect', (input, setting, found) => {
    expect(() => parseSettings(input)).toThrow(SettingsError);
    expect(() => parseSettings(input)).toThrow(setting);
    expect(() => parseSettings(input)).toThrow(found);
  });

  it('allows these settings where they have an effect', () => {
    expect(parseSettings(paper, { method: 'grasprune' }).projection.rule).toBe('paper');
    expect(parseSettings(paper, { method: 'grasp+', projection: { rule: 'exact' } }).choice).toBe(
      'importance',
    );
    for (const more of [{ method: 'grasp+' }, { choice: 'importance' }, { choice: 'given' }])
      expect(parseSettings(obs, more).importance.within).toBe('obs');
  });

  it('keeps half of the units if no budget is given', () => {
    expect(parseSettings({ budget: { flopsContext: 8 } }).budget.keep).toBe(0.5);
    expect(parseSettings({ budget: { params: '80M' } }).budget).toEqual({ params: 80e6, flopsContext: 2048 });
  });
});

describe('settings as a list', () => {
  it('have dotted paths, without those that are not set', () => {
    const entries = Object.fromEntries(settingEntries(parseSettings({ projection: { only: 'kv' } })));
    expect(entries).toMatchObject({
      method: 'grasprune',
      'budget.keep': 0.5,
      'projection.only': 'kv',
      seed: 42,
    });
    expect(Object.keys(entries)).not.toContain('budget.params');
  });

  it('have the flat names of earlier releases, which keys of stored results are made of', () => {
    const given = { budget: { keep: 0.4 }, importance: { blocksPerRound: 4 } };
    expect(flatSettings(parseSettings({ method: 'grasp+', ...given }))).toMatchObject({
      ...{ method: 'grasp+', keep: 0.4, projection: 'exact', choose: 'importance', roundBlocks: 4 },
      ...{ refit: 'sequential', refitBlocks: 64, recover: 0.3, scales: 'units+norms', scaleRate: 'annealed' },
      ...{
        rank: 16,
        rankRate: 2e-3,
        distill: 0.75,
        distillBlocks: 64,
        length: 512,
        dtype: 'float32',
        seed: 42,
      },
    });
  });

  it('reset to their defaults what takes effect after units are chosen', () => {
    const changed = {
      refit: { damping: 1 },
      scales: { epochs: 3 },
      lora: { rank: 2 },
      distil: { blocks: 9 },
    };
    const chosen = {
      choice: 'importance',
      importance: { rounds: 3 },
      budget: { keep: 0.3 },
      text: { batch: 2 },
    };
    expect(choiceSettings(parseSettings(changed, chosen))).toEqual(parseSettings(chosen));
  });
});
