import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from '@commander-js/extra-typings';
import { openCheckpoint, writeFolder } from '@grasp/checkpoint';
import { configOf } from '@grasp/decoder';
import { writeFiles } from '../../shared/files/write-files.js';
import { isGgufFile } from '../../shared/models/is-gguf-file.js';
import { MODEL_HELP, modelPath } from '../../shared/models/named-model.js';
import { checkClone } from '../../shared/official/official-clone.js';
import { count, list, listOf, ratio } from '../../shared/options/option-values.js';
import { terminalTable } from '../../shared/tables/terminal-table.js';
import { describeMachine } from '../../shared/timing/machine.js';
import { buildCommit, type CommitBuild } from './baseline/build-commit.js';
import { compareSteps } from './compare-steps.js';
import {
  conditions,
  type Match,
  ratiosByRound,
  type SpeedReport,
  speedMarkdown,
  speedPage,
  speedRecord,
  speedTable,
} from './report.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const KINDS = ['gates', 'scales', 'healing', 'perplexity'] as const;
const DTYPES = ['float32', 'bfloat16'] as const;

function print(report: SpeedReport): void {
  const { columns, rows } = speedTable(report);
  console.log(`${conditions(report)}\n${terminalTable(['', ...columns], rows)}`);
  if (report.matches.some(({ rival }) => rival === 'baseline'))
    console.log(`Ratios of the time, by round:\n${ratiosByRound(report).join('\n')}`);
  for (const each of report.missing) console.log(`not measured: ${each}`);
}

const writeReport = (folder: string, report: SpeedReport): Promise<void> =>
  writeFiles(folder, {
    'speed.json': `${JSON.stringify(speedRecord(report), undefined, 2)}\n`,
    'speed.md': speedMarkdown(report),
    'speed.html': speedPage(report),
  });

export const speedCommand = () =>
  new Command()
    .argument('<model>', MODEL_HELP)
    .option('--python <path>', 'Python with torch, safetensors and transformers', 'python3')
    .option('--compile', 'also compare with the compiled PyTorch step', false)
    .option('--official <folder>', "clone of the paper's repository: also compare with its unmodified steps")
    .addOption(
      new Option(
        '--baseline <commit>',
        'compare with our step at an older commit instead of PyTorch',
      ).conflicts(['compile', 'official', 'workers', 'alone']),
    )
    .addOption(
      new Option('--workers <addresses>', 'compare with our step whose layers lie on these workers')
        .argParser(list)
        .conflicts(['compile', 'official', 'alone']),
    )
    .addOption(new Option('--alone', 'time our steps only').default(false).conflicts(['compile', 'official']))
    .addOption(
      new Option('--step <kinds>', 'steps to time: gates, scales, healing, perplexity')
        .argParser(listOf(KINDS))
        .default([...KINDS]),
    )
    .addOption(
      new Option('--dtype <names>', 'dtypes of the weights: float32, bfloat16')
        .argParser(listOf(DTYPES))
        .default([...DTYPES]),
    )
    .option('--text <file>', 'text to read (default: two speeches by Lincoln)')
    .option('--keep <share>', 'share of the prunable parameters kept', ratio, 0.5)
    .option('--rows <n>', 'rows per batch', count, 1)
    .option('--length <n>', 'tokens per row', count, 512)
    .option('--window <n>', 'tokens per perplexity window', count, 2048)
    .option('--rounds <n>', 'timed rounds', count, 7)
    .option('--threads <n>', 'threads of both (default: all cores)', count, availableParallelism())
    .option('--seed <n>', 'seed of the mask', count, 1)
    .option('--report <folder>', 'folder for speed.json, speed.md and speed.html, written after each contest')
    .action(async (given, { baseline: commit, report: reportFolder, ...options }) => {
      const { official } = options;
      if (official !== undefined) await checkClone(official);
      const model = await modelPath(given);
      const checkpoint = await openCheckpoint(model);
      const scratch = await mkdtemp(join(tmpdir(), 'grasp-speed-'));
      let older: CommitBuild | undefined;
      try {
        if (commit !== undefined)
          older = await buildCommit(HERE, commit, join(scratch, 'older'), console.error);
        const isFile = isGgufFile(model);
        const folder = isFile ? join(scratch, 'model') : model;
        if (isFile) {
          await mkdir(folder);
          await writeFolder(checkpoint, folder);
        }
        const matches: Match[] = [];
        const missing: string[] = [];
        const machine = describeMachine(options.threads);
        const report: SpeedReport = {
          model: basename(model),
          machine,
          config: configOf(checkpoint),
          matches,
          missing,
        };
        const baseline = older && { name: 'baseline' as const, commit: older.commit, script: older.script };
        for await (const each of compareSteps(checkpoint, folder, { ...options, baseline }, scratch)) {
          if ('match' in each) matches.push(each.match);
          else missing.push(each.missing);
          if (reportFolder !== undefined && matches.length > 0) await writeReport(reportFolder, report);
        }
        print(report);
      } finally {
        await older?.remove();
        await checkpoint.close();
        await rm(scratch, { recursive: true, force: true });
      }
    });
