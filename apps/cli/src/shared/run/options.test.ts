import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { grasp } from '../../../test/grasp.js';
import { runFlags, valueOfFlag } from './flags.js';
import { runOptions } from './options.js';

describe('runOptions', () => {
  it('says that a flag of several values swallowed the model', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'grasp-model-'));
    try {
      for (const model of [folder, 'model.gguf']) {
        const { code, err } = await grasp('prune', '--calib', 'a.txt', model);
        expect(code).toBe(2);
        expect(err).toBe(
          `grasp: No model was given. "${model}" was read as a value of --calib. Put it before the flags.`,
        );
      }
      for (const flag of ['--eval', '--heal-text']) {
        const { err } = await grasp('prune', '--calib', 'a.txt', flag, 'b.txt', folder);
        expect(err).toContain(`a value of ${flag}.`);
      }
      const sweep = await grasp('sweep', '--calib', 'a.txt', '--export', '0.5', folder);
      expect(sweep).toMatchObject({ code: 2, err: expect.stringContaining('a value of --export.') });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('takes the method of the command line, whether it or that of the config file is a module', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'grasp-method-'));
    try {
      const config = join(folder, 'run.json');
      const chosen = async (inFile: string, flag: string) => {
        await writeFile(config, JSON.stringify({ method: inFile }));
        const { settings, methodModule } = await runOptions(
          { model: 'm', calib: ['a'], method: flag },
          config,
        );
        return { method: settings.method, scales: settings.scales.epochs, methodModule };
      };
      const named = await chosen('./mine.js', 'flap');
      expect(named).toMatchObject({ method: 'flap', methodModule: undefined });
      expect(await chosen('flap', './mine.js')).toMatchObject({
        method: 'grasprune', // its recovery follows a choice of the caller's
        methodModule: './mine.js',
      });
      expect((await chosen('flap', './mine.js')).scales).not.toBe(named.scales);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('reads a share that is written as a percentage', async () => {
    const { settings } = await runOptions({
      model: 'm',
      calib: ['a.txt'],
      keep: valueOfFlag('budget.keep', '50%'),
    });
    expect(settings.budget.keep).toBe(0.5);
  });

  it('refuses, by its flag, every number that the schema refuses', async () => {
    for (const { path, option, schema } of runFlags()) {
      if (path === 'workers' || !option.parseArg) continue;
      for (const text of ['-1', '0', '0.5', '1e400', 'x', '', ' ', '0x1', 'NaN', '1,2']) {
        let value: unknown;
        try {
          value = option.parseArg(text, undefined);
        } catch (error) {
          expect(error, `${option.long} ${text}`).toMatchObject({
            message: expect.stringMatching(/^(It must (not )?be|Allowed choices are) .*\.$/),
          });
          continue;
        }
        if (!option.flags.endsWith('<file>'))
          expect(schema.safeParse(value).success, `${option.long} ${text}`).toBe(true);
      }
    }
  });

  it('names the flag, what was typed and what is allowed', async () => {
    for (const [flag, text, allowed] of [
      ['--keep', 'abc', 'a number above 0 and at most 1, or a percentage such as 50%'],
      ['--keep', '', 'a number above 0'],
      ['--blocks', '1.5', 'a whole number of at least 1'],
      ['--params', '80X', 'an amount like 80M'],
      ['--seed', '-1', 'a whole number'],
      ['--backend', 'gpu', 'tensorflow, wasm'],
      ['--out', '', 'not be empty'],
      ['--calib', '', 'not be empty'],
    ] as const) {
      const { code, err } = await grasp('prune', 'm', flag, text);
      expect(code).toBe(2);
      expect(err).toContain(`option '${flag}`);
      expect(err).toContain(`argument '${text}'`);
      expect(err).toContain(allowed);
    }
    expect(await grasp('prune', '')).toMatchObject({
      code: 2,
      err: expect.stringContaining("argument 'model'"),
    });
  });

  it('names the config file, and what is wrong with it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'grasp-config-'));
    try {
      const config = join(folder, 'run.json');
      const refusal = async () => (await grasp('prune', 'm', '--config', config)).err;
      expect(await refusal()).toBe(`grasp: --config ${config}: there is no such file.`);
      for (const [text, problem] of [
        ['{', 'it is not valid JSON'],
        ['[]', 'it must hold one JSON object'],
        ['{"text":{"blocks":0}}', 'text.blocks: it must be at least 1; found 0'],
        ['{"budget":{"keep":"half"}}', 'budget.keep: it must be a number; found "half"'],
        [
          '{"choice":"best"}',
          'choice: it must be one of gates, importance, random, magnitude, wanda-sp, flap, llm-pruner, llm-pruner-element, fisher, shortgpt, owl, slimgpt, fisher-obs, given; found "best"',
        ],
        ['{"kepp":1}', 'there is no setting "kepp"'],
        ['{"calib":5}', 'calib: it must be a list; found 5'],
        ['{"heal":{"text":5}}', 'heal.text: it must be a list; found 5'],
        ['{"heal":"x"}', 'heal: it must be an object; found "x"'],
        ['{"calib":[5]}', 'calib.0: it must be text; found 5'],
        ['{"model":5}', 'model: it must be text; found 5'],
        ['{"out":""}', 'out: it must be not empty; found ""'],
      ] as const) {
        await writeFile(config, text);
        expect(await refusal()).toContain(`--config ${config}: ${problem}`);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('takes one value of a config file in place of a list', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'grasp-config-'));
    try {
      const config = join(folder, 'run.json');
      await writeFile(config, '{"calib":"a.txt","eval":"b.txt"}');
      expect(await runOptions({ model: 'm' }, config)).toMatchObject({ calib: ['a.txt'], eval: ['b.txt'] });
      await writeFile(config, '{"calib":["a.txt"],"heal":{"text":"c.txt"},"projection":{"protect":"*.kv"}}');
      expect(await runOptions({ model: 'm' }, config)).toMatchObject({
        heal: { text: ['c.txt'] },
        settings: { projection: { protect: ['*.kv'] } },
      });
      await writeFile(config, '{}');
      await expect(runOptions({ model: 'm' }, config)).rejects.toThrow('calib: give a calibration text');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('refuses several options that choose the units', async () => {
    const model = { model: 'm', calib: ['a.txt'] };
    await expect(runOptions({ ...model, mask: 'm.json', scores: 's.json' })).rejects.toThrow(
      '--scores and --mask: each chooses all units',
    );
    await expect(runOptions({ ...model, mask: 'm.json', method: 'wanda-sp' })).rejects.toThrow(
      '--mask and --method wanda-sp',
    );
    await expect(runOptions({ ...model, mask: 'm.json', choice: 'flap' })).rejects.toThrow(
      '--mask and --choice flap',
    );
    const { settings } = await runOptions({ ...model, mask: 'm.json', method: 'grasp+' });
    expect(settings.method).toBe('grasp+');
  });

  it('refuses, by their flags, settings that the choice of units would ignore', async () => {
    const model = { model: 'm', calib: ['a.txt'] };
    const refused: readonly [Record<string, unknown>, RegExp][] = [
      [
        { projection: 'paper', method: 'grasp+' },
        /^--projection paper .* found choice importance\. .* --projection paper, or/,
      ],
      [{ projection: 'paper', scores: 's.json' }, /^--projection paper .* found choice given\./],
      [{ within: 'obs' }, /^--within obs .* found choice gates\./],
    ];
    for (const [flags, message] of refused)
      await expect(runOptions({ ...model, ...flags }), JSON.stringify(flags)).rejects.toThrow(message);
  });

  it('says of a text that is a folder that it is one, not that the output lies in it', async () => {
    await expect(runOptions({ model: 'm', calib: ['.'], out: 'x1' })).rejects.toMatchObject({
      code: 'GRASP_DATA_FILE',
      message: expect.stringMatching(/^\.: it is a folder/),
    });
  });

  it('refuses an output that is, contains or lies in an input', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'grasp-apart-'));
    try {
      const text = join(folder, 'a.txt');
      await writeFile(text, 'text');
      for (const out of [folder, join(folder, 'new'), dirname(folder)]) {
        const options = runOptions({ model: folder, calib: ['b.txt'], out });
        await expect(options).rejects.toMatchObject({
          code: 'GRASP_SETTINGS',
          message: expect.stringContaining('--out'),
        });
      }
      await expect(runOptions({ model: 'm', calib: [text], out: folder })).rejects.toThrow('it contains');
      // The cache is made before the output has its name.
      for (const [name, problem] of [
        ['new/cache', 'it contains'],
        ['new', 'is read by the same command'],
      ] as const) {
        const cached = { model: 'm', calib: ['b.txt'], healTeacherCache: join(folder, name) };
        await expect(runOptions({ ...cached, out: join(folder, 'new') })).rejects.toThrow(problem);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('says what to give where the model or the calibration text is missing', async () => {
    await expect(runOptions({ calib: ['a.txt'] })).rejects.toThrow('model: give a Hugging Face folder');
    for (const method of ['grasprune', 'magnitude'])
      await expect(runOptions({ model: 'm', method })).rejects.toThrow(
        'calib: give a calibration text, such as --calib train.txt. Every run has one in its forecast and its record, also with a method that does not read it.',
      );
  });
});
