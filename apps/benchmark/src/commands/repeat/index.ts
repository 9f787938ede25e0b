import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { parseSettings } from '@grasp/prune';
import { assertApart } from '../../shared/files/assert-apart.js';
import { writeFiles } from '../../shared/files/write-files.js';
import { MODEL_HELP, modelPath } from '../../shared/models/named-model.js';
import { backendOption } from '../../shared/options/common-options.js';
import { count, settingsObject } from '../../shared/options/option-values.js';
import { pruneApart } from '../../shared/own/prune-apart.js';
import { markdownTable } from '../../shared/tables/markdown-table.js';
import { terminalTable } from '../../shared/tables/terminal-table.js';
import { DEFAULT_TEXT } from '../../shared/timing/workload.js';
import { type ComparedFile, compareFolders } from './compare-folders.js';

/** Two equal runs wrote different files. */
class UnequalRunsError extends Error {
  override readonly name = 'UnequalRunsError';
  readonly code = 'GRASP_UNEQUAL_RUNS';
}

const COLUMNS = ['file', 'bytes', ''];
const row = ({ name, bytes, equal }: ComparedFile): string[] => [
  name,
  String(bytes ?? ''),
  equal ? 'equal' : 'DIFFERENT',
];

/** A run of seconds: all stages, few steps. */
const SHORT = { text: { length: 128, blocks: 4 }, gates: { epochs: 1 }, scales: { epochs: 1 } };

export const repeatCommand = () =>
  new Command()
    .argument('<model>', MODEL_HELP)
    .option('--text <file>', 'calibration text (default: two speeches by Lincoln)')
    .option('--settings <json>', 'settings of the runs (default: a short run)', settingsObject, SHORT)
    .addOption(backendOption())
    .option('--threads <n>', 'default: all cores', count)
    .option('--report <folder>', 'folder for repeat.json and repeat.md')
    .action(async (given, { text = DEFAULT_TEXT, settings: input, backend, threads, report }) => {
      const model = await modelPath(given);
      if (report !== undefined) await assertApart(report, [model, text], 'report');
      const settings = parseSettings(input);
      const scratch = await mkdtemp(join(tmpdir(), 'grasp-repeat-'));
      try {
        const folders = ['first', 'second'].map((name) => join(scratch, name));
        const seconds: number[] = [];
        for (const folder of folders) {
          const job = { model, settings, calib: text, scaleCalib: text, folder, backend, threads };
          seconds.push((await pruneApart(job, console.error)).seconds);
        }
        const files = await compareFolders(folders[0]!, folders[1]!);
        const different = files.filter(({ equal }) => !equal).length;
        const verdict =
          different === 0
            ? `all ${files.length} files are equal`
            : `${different} of ${files.length} files differ`;
        console.log(
          `${terminalTable(COLUMNS, files.map(row))}\n${basename(model)}, pruned twice: ${verdict}`,
        );
        if (report !== undefined)
          await writeFiles(report, {
            'repeat.json': `${JSON.stringify({ verdict, seconds, settings, files }, undefined, 2)}\n`,
            'repeat.md': `# Pruned twice\n\n${verdict}\n\n${markdownTable(COLUMNS, files.map(row))}\n`,
          });
        if (different > 0) throw new UnequalRunsError(`Two equal runs differ: ${verdict}.`);
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    });
