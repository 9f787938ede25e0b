import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { namedText } from '../../shared/data/named-text.js';
import { writeFiles } from '../../shared/files/write-files.js';
import { MODEL_HELP } from '../../shared/models/named-model.js';
import { backendOption, officialPythonOption } from '../../shared/options/common-options.js';
import { count, positive, settingsObject } from '../../shared/options/option-values.js';
import { refuseWithout } from '../../shared/options/refuse-without.js';
import { markdownTable } from '../../shared/tables/markdown-table.js';
import { terminalTable } from '../../shared/tables/terminal-table.js';
import { describeMachine } from '../../shared/timing/machine.js';
import { COLUMNS, timeRows, verdict } from './time-table.js';
import { type Attempt, timeTo } from './time-to.js';

export const timeToCommand = () =>
  new Command()
    .argument('<model>', MODEL_HELP)
    .requiredOption('--perplexity <value>', 'perplexity to reach on the text', positive)
    .requiredOption('--out <folder>', 'models, data, time-to.json and time-to.md; must be empty or not exist')
    .option('--calib <text>', 'calibration text: wikitext2 from the hub, or wikitext2=FILE', 'wikitext2')
    .option(
      '--text <text>',
      'text that is measured: wikitext2, ptb or c4 from the hub, or NAME=FILE',
      'wikitext2',
    )
    .option('--windows <n>', 'maximum windows of that text', count)
    .option(
      '--from <blocks>',
      'calibration blocks of the first attempt; then twice as many, and so on',
      count,
      4,
    )
    .option('--most <blocks>', 'the most blocks to attempt', count, 128)
    .option('--settings <json>', 'pruning settings of both, in groups', settingsObject, {})
    .option(
      '--own <json>',
      'settings of this project alone; the method is grasp+ unless they name another',
      settingsObject,
      {},
    )
    .option('--rounds <n>', 'runs of the first sufficient attempt, besides the search', count, 1)
    .option('--official <folder>', "clone of the paper's repository: run its code in alternation")
    .addOption(officialPythonOption())
    .option('--device <name>', "PyTorch device of the paper's code", 'cpu')
    .addOption(backendOption())
    .option('--threads <n>', 'threads of both (default: all cores)', count)
    .action(async (given, { perplexity: target, calib, text, ...options }, command) => {
      refuseWithout(command, 'official', ['device', 'python']);
      const out = resolve(options.out);
      const { settings, own, threads = availableParallelism() } = options;
      const machine = describeMachine(threads);
      const write = (attempts: readonly Attempt[]) =>
        writeFiles(out, {
          'time-to.json': `${JSON.stringify({ model: given, target, machine, settings, own, attempts }, undefined, 2)}\n`,
          'time-to.md': `# Time to a perplexity of ${target}\n\n${verdict(attempts, target)}\n\n${machine}\n\n${markdownTable(COLUMNS, timeRows(attempts, target))}\n`,
        });
      const attempts = await timeTo({
        ...options,
        ...{ model: given, target, out },
        ...{ official: options.official === undefined ? undefined : resolve(options.official) },
        ...{ calib: namedText(calib, 'calib'), scaleCalib: namedText(calib, 'calib') },
        texts: [namedText(text, 'text')],
        say: console.error,
        onAttempt: write,
      });
      console.log(`${terminalTable(COLUMNS, timeRows(attempts, target))}\n${verdict(attempts, target)}`);
    });
