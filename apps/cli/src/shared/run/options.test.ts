import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { grasp } from '../../../test/grasp.js';
import { runFlags } from './flags.js';
import { runOptions } from './options.js';

describe('runOptions', () => {
  it('says that a flag of texts swallowed the model', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'grasp-model-'));
    try {
      for (const model of [folder, 'model.gguf']) {
        const { code, err } = await grasp('prune', '--calib', 'a.txt', model);
        expect(code).toBe(2);
        expect(err).toContain(`"${model}" was read as a text of --calib`);
      }
      const { err } = await grasp('prune', '--calib', 'a.txt', '--eval', 'b.txt', folder);
      expect(err).toContain('a text of --eval');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    ['50%', 0.5],
    [' 12.5 % ', 0.125],
    ['0.5', 0.5],
  ])('reads the share %j', async (text, expected) => {
    const { option } = runFlags().find(({ path }) => path === 'budget.keep')!;
    const keep = option.parseArg!(text, undefined);
    const { settings } = await runOptions({ model: 'm', calib: ['a.txt'], keep });
    expect(settings.budget.keep).toBe(expected);
  });

  it.each(['%', '50%%', 'half', ''])('refuses the share %j', async (text) => {
    const { option } = runFlags().find(({ path }) => path === 'budget.keep')!;
    const keep = option.parseArg!(text, undefined);
    await expect(runOptions({ model: 'm', calib: ['a.txt'], keep })).rejects.toThrow('keep');
  });

  it('says what to give where the model or the calibration text is missing', async () => {
    await expect(runOptions({ calib: ['a.txt'] })).rejects.toThrow('model: give a Hugging Face folder');
    await expect(runOptions({ model: 'm' })).rejects.toThrow(
      'calib: give a calibration text, such as --calib',
    );
  });
});
