import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { addToOutput, replaceFile } from '@grasp/files';
import { HEAL_RECORD } from '@grasp/prune';
import { HEAL_REPORT, RUN_REPORT, readRun, runReport } from '@grasp/report';
import { nonEmpty, nonEmptyTexts } from '../../shared/flags.js';
import type { Terminal } from '../../shared/terminal.js';
import { readAccuracy } from './accuracy.js';
import { checkOutput, refuseSweep } from './paths.js';

export const reportCommand = (terminal: Terminal) =>
  new Command()
    .argument('<folder>', 'output folder of grasp prune', nonEmpty)
    .option(
      '--accuracy <files...>',
      'accuracies to show: outputs of "grasp eval tasks --json"',
      nonEmptyTexts,
    )
    .option(
      '--out <file>',
      `output file; its name ends in .html (default: ${RUN_REPORT} in the folder)`,
      nonEmpty,
    )
    .option('--overwrite', 'replace an existing file of --out')
    .action(async (folder, { accuracy = [], out = join(folder, RUN_REPORT), overwrite = false }) => {
      await refuseSweep(folder);
      const run = await readRun(folder);
      await checkOutput(folder, out, { read: accuracy, overwrite });
      const page = await runReport(run, await Promise.all(accuracy.map(readAccuracy)));
      await replaceFile(out, page);
      await addToOutput(out);
      if (existsSync(join(folder, HEAL_RECORD)))
        terminal.note(
          `The page shows the run before the model was healed. ${join(folder, HEAL_REPORT)} shows the healing.`,
        );
      terminal.print(`Written to ${out}`);
    });
