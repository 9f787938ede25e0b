import { Command, type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { taskNamed } from '@grasp/eval';
import { openEngine, parseSettings } from '@grasp/prune';
import { METRICS } from '../../shared/cells/metrics.js';
import { type NamedText, namedText, namedTexts } from '../../shared/data/named-text.js';
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
import { count, ratios, settingsObject } from '../../shared/options/option-values.js';
import { refuseWithout, refuseWithoutTasks } from '../../shared/options/refuse-without.js';
import { reproduceElsewhere, reproduceStep } from './jobs/reproduce-elsewhere.js';
import type { ReproduceOptions } from './plan/run-context.js';
import type { Report } from './report/report.js';
import { textReport, writeReport } from './report/write-report.js';
import { reproduce } from './reproduce.js';
import { SUITES } from './suites/suites.js';

/** @throws BenchOptionError if a text has no column in the tables */
function refuseUnlisted(texts: readonly NamedText[]): void {
  const columns = METRICS.filter(({ kind }) => kind === 'perplexity').map(({ key }) => key);
  const other = texts.find(({ name }) => !columns.includes(name));
  if (other === undefined) return;
  throw new BenchOptionError(
    `--text ${other.name}: the tables have columns for ${columns.join(', ')} alone. Give the text one of these names: ${columns[0]}=FILE.`,
    'text',
  );
}

/** @throws BenchOptionError if an option has no effect beside the others */
function refuseUseless(
  command: CommandUnknownOpts,
  given: {
    readonly calib: readonly string[];
    readonly suite: readonly string[];
    readonly tasks: readonly string[];
    readonly settings: Readonly<Record<string, unknown>>;
  },
): void {
  const refuse = (option: string, problem: string): never => {
    throw new BenchOptionError(`--${option}: ${problem}`, option);
  };
  if (given.calib.length > 1 && !given.suite.includes('corpus'))
    refuse('calib', 'only --suite corpus compares several texts. Name one, or add the suite.');
  if ('keep' in Object(given.settings.budget))
    refuse('settings', 'budget.keep is set by --keep. Leave it out.');
  refuseWithoutTasks(command, given.tasks);
}

export const reproduceCommand = () =>
  new Command()
    .requiredOption('--model <path>', MODEL_HELP)
    .requiredOption(
      '--out <folder>',
      'results: finished cells, pruned models, and the report as JSON, Markdown and HTML',
    )
    .option('--keep <ratios>', 'shares of the prunable parameters to keep', ratios, [0.8, 0.6, 0.5, 0.4])
    .addOption(new Option('--suite <names...>', 'tables to reproduce (default: table)').choices(SUITES))
    .option('--calib <texts...>', 'texts to learn the gates on: corpus of the hub, or NAME=FILE', [
      'wikitext2',
    ])
    .option(
      '--scale-calib <text>',
      'text to calibrate the scales on; of a corpus, its validation split',
      'wikitext2',
    )
    .option('--text <texts...>', 'texts for perplexity: corpus of the hub, or NAME=FILE', [
      'wikitext2',
      'ptb',
      'c4',
    ])
    .addOption(tasksOption())
    .option('--data <folder>', 'folder with task items, such as piqa.validation.jsonl (default: the hub)')
    .option('--windows <n>', 'maximum windows of each text', count)
    .option('--limit <n>', 'maximum items of each task', count)
    .option(
      '--settings <json>',
      "pruning settings in groups that differ from the paper's",
      settingsObject,
      {},
    )
    .addOption(backendOption())
    .option('--threads <n>', 'default: all cores', count)
    .addOption(launcherOption())
    .addOption(submitOption())
    .addOption(retriesOption())
    .addOption(pollOption())
    .addOption(stepOption())
    .action(async (given, command) => {
      refuseWithout(command, 'launcher', OF_LAUNCHER);
      const {
        suite = ['table'],
        text,
        tasks,
        calib,
        scaleCalib,
        settings,
        backend,
        threads,
        launcher,
        submit,
        retries,
        poll,
        step,
        ...rest
      } = given;
      const texts = namedTexts(text, 'text');
      const calibrations = namedTexts(calib, 'calib');
      refuseUnlisted(texts);
      refuseUseless(command, { calib, suite, tasks, settings });
      const options: ReproduceOptions = {
        ...rest,
        model: await modelPath(rest.model),
        suites: SUITES.filter((name) => suite.includes(name)),
        settings: parseSettings({ projection: { rule: 'paper' } }, settings),
        calib: calibrations,
        scaleCalib: namedText(scaleCalib, 'scale-calib'),
        texts,
        tasks: tasks.filter((name) => name !== 'none').map((name) => taskNamed(name).name),
        openEngine: () => openEngine({ backend, threads, onWarning: console.error }),
        say: console.error,
      };
      const read = pathsOf([...options.calib, options.scaleCalib, ...texts]);
      await assertApart(options.out, [options.model, ...read]);
      if (step !== undefined) return reproduceStep(options, step);
      const show = (report: Report) => console.log(`${textReport(report)}\nWritten to ${options.out}`);
      if (launcher !== undefined) {
        const launching = { launcher: LAUNCHERS[launcher]!(submit), retries, pollSeconds: poll };
        return launch(launching, async (how) => {
          const { report, failed } = await reproduceElsewhere(options, how);
          await writeReport(report, options.out);
          show(report);
          return failed;
        });
      }
      let last: Report | undefined;
      await reproduce(options, async (report) => {
        await writeReport(report, options.out);
        last = report;
      });
      if (last) show(last);
    });
