import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { parseSettings } from '@grasp/prune';
import Table from 'cli-table3';
import { count, object } from '../reproduce/arguments.js';
import { namedText } from '../reproduce/data.js';
import { against } from './against.js';
import { contestTable } from './contest-table.js';

export const againstCommand = () =>
  new Command('against')
    .description("run a clone of the paper's repository and this project on the same model, text and budget")
    .requiredOption('--official <folder>', "a clone of the paper's repository; nothing is written to it")
    .requiredOption('--model <path>', 'Hugging Face folder or GGUF file')
    .requiredOption('--out <folder>', 'models, data and contest.json; a folder that is empty or not there')
    .option('--calib <text>', 'for the gates: wikitext2 from the hub, or wikitext2=FILE', 'wikitext2')
    .option('--scale-calib <text>', 'for the scales', 'wikitext2')
    .option('--text <texts...>', 'for perplexity: wikitext2, ptb, c4, by name or NAME=FILE', ['wikitext2'])
    .option('--windows <n>', 'most windows of a text', count)
    .option('--settings <json>', "settings of pruning that differ from the paper's, in groups", object, {})
    .option(
      '--python <path>',
      "interpreter for the clone; default: an environment made of the clone's requirements.txt",
      process.env.GRASP_OFFICIAL_PYTHON,
    )
    .option('--device <name>', "where the paper's code runs, by PyTorch's name", 'cpu')
    .addOption(new Option('--backend <name>').choices(['tensorflow', 'wasm'] as const))
    .option('--threads <n>', 'of both; default: all cores', count)
    .action(async ({ settings, calib, scaleCalib, text, ...options }) => {
      const contest = await against({
        ...options,
        settings: parseSettings({ projection: { rule: 'paper' } }, settings),
        calib: namedText(calib),
        scaleCalib: namedText(scaleCalib),
        texts: text.map(namedText),
        say: console.error,
      });
      await writeFile(join(options.out, 'contest.json'), `${JSON.stringify(contest, null, 2)}\n`);
      const { head, rows } = contestTable(contest);
      const table = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
      for (const row of rows) table.push([...row]);
      console.log(table.toString());
    });
