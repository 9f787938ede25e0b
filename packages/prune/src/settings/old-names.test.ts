import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readRunRecord } from '../run/read-run-record.js';
import { flatSettings } from './flat.js';
import { OLD_NAMES, RENAMED_FLAGS, refuseOldNames, settingsFromFlat } from './old-names.js';
import { parseSettings } from './parse.js';
import { settingLeaves } from './schema.js';

const record = async () =>
  JSON.parse(await readFile(new URL('../../test/grasp-run-v1.json', import.meta.url), 'utf8'));

describe('names of earlier releases', () => {
  it('each lead to a setting that exists, and to one only', () => {
    const paths = settingLeaves.map(({ path }) => path);
    const targets = Object.values(OLD_NAMES);
    expect(targets.filter((path) => !paths.includes(path))).toEqual([]);
    expect(new Set(targets).size).toBe(targets.length);
  });

  it.each([
    [{ recover: 0.3 }, '"recover" is now "refit.compensation"'],
    [{ refit: 'sequential' }, '"refit" is now "refit.mode"'],
    [{ scales: 'units' }, '"scales" is now "scales.targets"'],
    [{ projection: 'paper' }, '"projection" is now "projection.rule"'],
    [{ keep: 0.5, rank: 4 }, '"keep" is now "budget.keep"; "rank" is now "lora.rank"'],
  ])('are refused with the new one: %o', (input, message) => {
    expect(() => parseSettings(input)).toThrow(message);
    expect(() => refuseOldNames(input, 'run.json')).toThrow(`run.json: settings are in groups. ${message}.`);
  });

  it('leave groups of today alone', () => {
    expect(() => refuseOldNames(parseSettings())).not.toThrow();
  });

  it('were flags, of which these have new names', () => {
    expect(Object.fromEntries(RENAMED_FLAGS)).toEqual({
      choose: 'choice',
      'round-blocks': 'blocks-per-round',
      recover: 'compensation',
      rank: 'lora-rank',
      'rank-rate': 'lora-learning-rate',
      distill: 'distil-weight',
      'distill-blocks': 'distil-blocks',
      'scale-rate': 'scale-schedule',
    });
    const flags = settingLeaves.map(({ flag }) => flag);
    expect([...RENAMED_FLAGS.keys()].filter((flag) => flags.includes(flag))).toEqual([]);
    expect(new Set(flags).size).toBe(flags.length);
  });
});

describe('the record of a run of an earlier release', () => {
  it('opens with its settings in groups', async () => {
    const old = await record();
    const { settings, version, losses, budgets } = readRunRecord(old);
    expect(version).toBe(2);
    expect(settings).toEqual(
      parseSettings({
        method: 'grasp+',
        ...{ budget: { keep: 0.6 }, projection: { minimum: 0, protect: ['layers.0.*'] } },
        ...{
          importance: { rounds: 2, blocksPerRound: 2 },
          refit: { blocks: 4, compensation: 0.2 },
        },
        ...{
          text: { blocks: 4, length: 32 },
          lora: { rank: 2, learningRate: 4e-3 },
          distil: { weight: 0.5, blocks: 4 },
        },
        heldOut: { blocks: 0 },
      }),
    );
    expect({ losses, budgets }).toEqual({ losses: old.losses, budgets: old.budgets });
    expect(flatSettings(settings)).toEqual({
      ...old.settings,
      'heldOut.blocks': 0,
    });
  });

  it('opens as one of today does', async () => {
    const today = readRunRecord(await record());
    expect(readRunRecord(JSON.parse(JSON.stringify(today)))).toEqual(today);
  });

  it('of which some settings did not exist yet has them switched off', () => {
    const { lora, distil, scales } = settingsFromFlat({ method: 'grasp+', keep: 0.5, scales: 'units' });
    expect([lora.rank, distil.weight, scales.targets]).toEqual([0, 0, 'units']);
  });

  it('is refused if it is something else', async () => {
    const old = await record();
    expect(() => readRunRecord({ ...old, version: 3 })).toThrow('version 3. Supported: 1, 2.');
    expect(() => readRunRecord({ ...old, settings: { kepp: 1 } })).toThrow('kepp');
    for (const other of [null, 7, {}, { ...old, format: 'x' }, { ...old, budgets: undefined }])
      expect(() => readRunRecord(other)).toThrow('not the record of a run');
  });
});
