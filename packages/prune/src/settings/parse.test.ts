import { describe, expect, it } from 'vitest';
import { parseSettings } from './parse.js';
import { SettingsError } from './settings-error.js';

describe('parseSettings', () => {
  it("has the paper's values as defaults", () => {
    expect(parseSettings()).toMatchObject({
      epochs: 4,
      scaleEpochs: 1,
      learningRate: 1e-2,
      beta1: 0.9,
      beta2: 0.99,
      epsilon: 1e-8,
      tau: 1.5,
      alpha: 0.5,
      blocks: 512,
      length: 512,
      batch: 1,
    });
  });

  it.each([{ keep: 0 }, { keep: 1.5 }, { keep: Number.NaN }, { tau: 0 }, { length: 1 }, { epochs: 1.5 }])(
    'refuses %o by name',
    (input) => {
      expect(() => parseSettings(input)).toThrow(SettingsError);
      expect(() => parseSettings(input)).toThrow(Object.keys(input)[0]!);
    },
  );

  it('takes the defaults of a method, and what is set over them', () => {
    expect(parseSettings({ method: 'grasp+' })).toMatchObject({
      choose: 'importance',
      refit: 'sequential',
      scales: 'units+norms',
      scaleRate: 'annealed',
    });
    expect(parseSettings({ method: 'grasp+', refit: 'none' })).toMatchObject({
      choose: 'importance',
      refit: 'none',
    });
    expect(parseSettings({ method: 'grasprune' })).toEqual(parseSettings());
    expect(() => parseSettings({ method: 'toString' })).toThrow(/method/);
  });

  it('refuses a setting it does not know', () => {
    expect(() => parseSettings({ kepp: 0.5 })).toThrow(/kepp/);
  });
});
