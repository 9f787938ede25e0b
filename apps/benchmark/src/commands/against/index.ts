import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { replaceFile } from '@grasp/files';
import { parseSettings } from '@grasp/prune';
import { namedText, namedTexts } from '../../shared/data/named-text.js';
import { MODEL_HELP } from '../../shared/models/named-model.js';
import { backendOption, officialPythonOption } from '../../shared/options/common-options.js';
import { count, settingsObject } from '../../shared/options/option-values.js';
import { terminalTable } from '../../shared/tables/terminal-table.js';
import { against } from './against.js';
import { contestTable } from './contest-table.js';

export const againstCommand = () =>
  new Command()
    .requiredOption('--official <folder>', "clone of the paper's repository, which is not modified")
    .requiredOption('--model <path>', MODEL_HELP)
    .requiredOption('--out <folder>', 'models, data and contest.json; must be empty or not exist')
    .option(
      '--calib <text>',
      'text to learn the gates on: wikitext2 from the hub, or wikitext2=FILE',
      'wikitext2',
    )
    .option('--scale-calib <text>', 'text to calibrate the scales on', 'wikitext2')
    .option('--text <texts...>', 'texts for perplexity: wikitext2, ptb or c4 from the hub, or NAME=FILE', [
      'wikitext2',
    ])
    .option('--windows <n>', 'maximum windows of each text', count)
    .option(
      '--settings <json>',
      "pruning settings in groups that differ from the paper's",
      settingsObject,
      {},
    )
    .addOption(officialPythonOption())
    .option('--device <name>', "PyTorch device of the paper's code", 'cpu')
    .addOption(backendOption())
    .option('--threads <n>', 'threads of both (default: all cores)', count)
    .action(async ({ settings, calib, scaleCalib, text, ...options }) => {
      const contest = await against({
        ...options,
        settings: parseSettings({ projection: { rule: 'paper' } }, settings),
        calib: namedText(calib, 'calib'),
        scaleCalib: namedText(scaleCalib, 'scale-calib'),
        texts: namedTexts(text, 'text'),
        say: console.error,
      });
      await replaceFile(join(options.out, 'contest.json'), `${JSON.stringify(contest, null, 2)}\n`);
      const { head, rows } = contestTable(contest);
      console.log(terminalTable(head, rows));
    });
