import { Command, Option } from '@commander-js/extra-typings';
import { taskNamed } from '@grasp/eval';
import { openEngine, parseHealSettings, parseSettings, type SettingsInput } from '@grasp/prune';
import { namedText, namedTexts } from '../../shared/data/named-text.js';
import { assertApart, pathsOf } from '../../shared/files/assert-apart.js';
import { launch } from '../../shared/jobs/launch.js';
import { LAUNCHERS } from '../../shared/jobs/launchers/index.js';
import { MODEL_HELP, modelPath } from '../../shared/models/named-model.js';
import { BenchOptionError } from '../../shared/options/bench-option-error.js';
import {
  backendOption,
  launcherOption,
  OF_LAUNCHER,
  pollOption,
  retriesOption,
  stepOption,
  submitOption,
  tasksOption,
} from '../../shared/options/common-options.js';
import {
  count,
  countOrZero,
  healSettingsObject,
  list,
  ratios,
  settingsObject,
} from '../../shared/options/option-values.js';
import { refuseWithout, refuseWithoutTasks } from '../../shared/options/refuse-without.js';
import { type CompareOptions, compare } from './compare.js';
import { comparedMethods, METHOD_NAMES } from './methods.js';
import { RECOVERIES } from './recoveries.js';
import type { Comparison } from './report/comparison.js';
import { textComparison, writeComparison } from './report/write-comparison.js';
import { compareElsewhere, compareStep } from './work/steps.js';

const seeds = (text: string) => [...new Set(list(text).map(countOrZero))];

/** Settings of healing that other options decide. */
const SET_BY_OTHERS = {
  seed: '--seeds',
  tokens: '--heal-tokens',
  length: '--settings, as text.length',
  lossOn: '--settings, as text.lossOn',
  dtype: '--settings, as engine.dtype',
  heldOut: 'the comparison, which holds nothing out',
  evalEvery: 'the comparison, which holds nothing out',
  patience: 'the comparison, which holds nothing out',
};

export const compareCommand = () =>
  new Command()
    .requiredOption('--model <paths...>', MODEL_HELP)
    .requiredOption(
      '--out <folder>',
      'results: finished cells, and the comparison as JSON, Markdown and HTML',
    )
    .option(
      '--method <names...>',
      `methods, or paths of modules that export one (default: ${METHOD_NAMES.join(' ')})`,
    )
    .option('--keep <ratios>', 'shares of the prunable parameters to keep', ratios, [0.8, 0.5])
    .addOption(
      new Option('--recovery <names...>', 'what is done to every mask (default: none refit all)').choices(
        RECOVERIES.map(({ name }) => name),
      ),
    )
    .option('--seeds <numbers>', 'each draws its own calibration blocks', seeds, [42])
    .option('--calib <text>', 'calibration text: corpus of the hub, or NAME=FILE', 'wikitext2')
    .option('--text <texts...>', 'texts for perplexity: corpus of the hub, or NAME=FILE', [
      'wikitext2',
      'ptb',
    ])
    .addOption(tasksOption())
    .option('--data <folder>', 'folder with task items, such as piqa.validation.jsonl (default: the hub)')
    .option('--windows <n>', 'maximum windows of each text', count)
    .option('--limit <n>', 'maximum items of each task', count)
    .option('--settings <json>', 'settings of all runs, in groups', settingsObject, {})
    .option('--heal-tokens <n>', 'tokens of the recovery healed, with repetitions', count, 262_144)
    .option('--heal-settings <json>', 'other settings of it: {"learningRate": 5e-4}', healSettingsObject, {})
    .option('--keep-models', 'keep the recovered models once they are measured')
    .addOption(backendOption())
    .option('--threads <n>', 'default: all cores', count)
    .addOption(launcherOption())
    .addOption(submitOption())
    .addOption(retriesOption())
    .addOption(pollOption())
    .addOption(stepOption())
    .action(async (given, command) => {
      refuseWithout(command, 'launcher', OF_LAUNCHER);
      const { method = METHOD_NAMES, recovery = ['none', 'refit', 'all'], settings, tasks, ...rest } = given;
      if (['method', 'choice', 'budget', 'seed'].some((name) => name in settings))
        throw new BenchOptionError(
          '--settings: method, choice, budget and seed are set by --method, --keep and --seeds. Leave them out.',
          'settings',
        );
      for (const [name, by] of Object.entries(SET_BY_OTHERS))
        if (name in rest.healSettings)
          throw new BenchOptionError(
            `--heal-settings: ${name} is set by ${by}. Leave it out.`,
            'heal-settings',
          );
      for (const [name, flag] of [
        ['healTokens', 'heal-tokens'],
        ['healSettings', 'heal-settings'],
      ] as const)
        if (command.getOptionValueSource(name) === 'cli' && !recovery.includes('healed'))
          throw new BenchOptionError(`--${flag}: no effect without --recovery healed. Add it.`, flag);
      refuseWithoutTasks(command, tasks);
      const { text, engine } = parseSettings(settings); // names what is wrong before any work
      const { length, lossOn = 'all' } = text;
      const ofRun = { length, lossOn, dtype: engine.dtype, heldOut: 0, tokens: rest.healTokens };
      const heal = parseHealSettings({ ...ofRun, ...rest.healSettings });
      const options: CompareOptions = {
        models: await Promise.all(rest.model.map(modelPath)),
        methods: await comparedMethods(method),
        keep: rest.keep,
        recoveries: RECOVERIES.filter(({ name }) => recovery.includes(name)),
        seeds: rest.seeds,
        settings: settings as SettingsInput,
        heal,
        calib: namedText(rest.calib, 'calib'),
        texts: namedTexts(rest.text, 'text'),
        tasks: tasks.filter((name) => name !== 'none').map((name) => taskNamed(name).name),
        data: rest.data,
        windows: rest.windows,
        limit: rest.limit,
        out: rest.out,
        keepModels: rest.keepModels ?? false,
        openEngine: () =>
          openEngine({ backend: rest.backend, threads: rest.threads, onWarning: console.error }),
        say: console.error,
      };
      const modules = method.filter((name) => !METHOD_NAMES.includes(name));
      const texts = pathsOf([options.calib, ...options.texts]);
      await assertApart(rest.out, [...options.models, ...texts, ...modules]);
      if (rest.step !== undefined) return compareStep(options, rest.step);
      const show = (comparison: Comparison) =>
        console.log(`${textComparison(comparison)}\nWritten to ${rest.out}`);
      if (rest.launcher !== undefined) {
        const launcher = LAUNCHERS[rest.launcher]!(rest.submit);
        return launch({ launcher, retries: rest.retries, pollSeconds: rest.poll }, async (how) => {
          const { comparison, failed } = await compareElsewhere(options, how);
          await writeComparison(comparison, rest.out);
          show(comparison);
          return failed;
        });
      }
      let last: Comparison | undefined;
      await compare(options, async (comparison) => {
        await writeComparison(comparison, rest.out);
        last = comparison;
      });
      if (last) show(last);
    });
