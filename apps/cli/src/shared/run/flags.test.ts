import { BUDGET_NAMES, parseSettings, settingEntries, settingLeaves } from '@grasp/prune';
import { describe, expect, it } from 'vitest';
import { inputOfFlags, runFlags } from './flags.js';

const flag = (path: string) => runFlags().find((each) => each.path === path)!;

describe('flags of a run', () => {
  it('are one for each setting, with its description, default and choices', () => {
    const paths = runFlags().map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(settingLeaves.map(({ path }) => path)));
    expect(new Set(runFlags().map(({ option }) => option.attributeName())).size).toBe(paths.length);
    for (const [path, value] of settingEntries(parseSettings())) {
      if (path !== 'budget.keep') expect(flag(path).option.description).toContain(`(default: ${value})`);
    }
    const { option } = flag('scales.targets');
    expect(option.flags).toBe('--scales <name>');
    expect(option.argChoices).toEqual(['units', 'units+norms']);
    expect(option.helpGroupHeading).toBe('Scales:');
    expect(flag('projection.protect').option.flags).toBe('--protect <text...>');
    expect([flag('budget.latency').file, flag('budget.latency').option.flags]).toEqual([
      true,
      '--latency <file>',
    ]);
  });

  it('have a name for each budget, which a sweep reads', () => {
    expect(BUDGET_NAMES.map((name) => flag(`budget.${name}`).option.attributeName())).toEqual(BUDGET_NAMES);
  });

  it('become settings in their groups', () => {
    const input = inputOfFlags({
      keep: 0.4,
      loraRank: 4,
      scaleEpochs: 2,
      seed: 7,
      out: 'x',
      quiet: true,
      tau: undefined,
    });
    expect(input).toEqual({
      budget: { keep: 0.4 },
      lora: { rank: 4 },
      scales: { epochs: 2 },
      seed: 7,
      out: 'x',
    });
  });
});
