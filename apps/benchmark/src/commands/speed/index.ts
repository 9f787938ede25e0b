import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { type Checkpoint, openCheckpoint, writeFolder } from '@grasp/checkpoint';
import { configOf } from '@grasp/decoder';
import { writeFiles } from '../../shared/files/write-files.js';
import { MODEL_HELP, modelPath } from '../../shared/models/named-model.js';
import { checkClone } from '../../shared/official/official-clone.js';
import { count, listOf, ratio } from '../../shared/options/option-values.js';
import { terminalTable } from '../../shared/tables/terminal-table.js';
import { describeMachine } from '../../shared/timing/machine.js';
import type { DType, Rival } from '../../shared/timing/start-step.js';
import { ContestantError, type StepKind } from '../../shared/timing/step-process.js';
import { writeWorkload } from '../../shared/timing/workload.js';
import { contest } from './contest.js';
import {
  conditions,
  type Match,
  type SpeedReport,
  speedMarkdown,
  speedPage,
  speedRecord,
  speedTable,
} from './report.js';

const KINDS = ['gates', 'scales', 'perplexity'] as const;
const DTYPES = ['float32', 'bfloat16'] as const;

interface SpeedOptions {
  readonly python: string;
  readonly compile: boolean;
  readonly official?: string | undefined;
  readonly step: readonly StepKind[];
  readonly dtype: readonly DType[];
  readonly text?: string | undefined;
  readonly keep: number;
  readonly rows: number;
  readonly length: number;
  readonly window: number;
  readonly rounds: number;
  readonly threads: number;
  readonly seed: number;
}

/** The rivals of our step of a kind. */
function rivalsOf(kind: StepKind, { compile, official }: SpeedOptions): Rival[] {
  const rivals: Rival[] = [{ name: 'eager' }];
  if (compile) rivals.push({ name: 'compiled' });
  if (official !== undefined && kind !== 'perplexity') rivals.push({ name: 'official', clone: official });
  return rivals;
}

/** Runs all contests one after the other. A contest that a compiled or official rival cannot run is listed as missing. */
async function compare(
  checkpoint: Checkpoint,
  model: string,
  options: SpeedOptions,
  scratch: string,
): Promise<{ matches: Match[]; missing: string[] }> {
  const config = configOf(checkpoint);
  const matches: Match[] = [];
  const missing: string[] = [];
  for (const kind of options.step) {
    const perplexity = kind === 'perplexity';
    const length = perplexity ? Math.min(options.window, config.contextLength) : options.length;
    const [rows, keep] = perplexity ? [1, 1] : [options.rows, options.keep];
    const { text, seed, python, threads, rounds } = options;
    const workload = await writeWorkload(checkpoint, scratch, { text, rows, length, keep, seed });
    for (const dtype of options.dtype) {
      for (const rival of rivalsOf(kind, options)) {
        const about = `${kind}, ${dtype}${rival.name === 'eager' ? '' : `, ${rival.name}`}`;
        console.error(`${about} …`);
        try {
          const run = { model, workload, folder: scratch, python, rival, kind, dtype, threads, rounds };
          matches.push({ ...(await contest(run)), kind, dtype, rival: rival.name, rows, length, keep });
        } catch (error) {
          if (!(error instanceof ContestantError) || rival.name === 'eager') throw error;
          missing.push(`${about}: ${error.message}`);
        }
      }
    }
  }
  return { matches, missing };
}

function print(report: SpeedReport): void {
  const { columns, rows } = speedTable(report);
  console.log(`${conditions(report)}\n${terminalTable(['', ...columns], rows)}`);
  for (const each of report.missing) console.log(`not measured: ${each}`);
}

export const speedCommand = () =>
  new Command()
    .argument('<model>', MODEL_HELP)
    .option('--python <path>', 'Python with torch, safetensors and transformers', 'python3')
    .option('--compile', 'also compare with the compiled PyTorch step', false)
    .option('--official <folder>', "clone of the paper's repository: also compare with its unmodified steps")
    .addOption(
      new Option('--step <kinds>', 'steps to time: gates, scales, perplexity')
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
    .option('--report <folder>', 'folder for speed.json, speed.md and speed.html')
    .action(async (given, options) => {
      if (options.official !== undefined) await checkClone(options.official);
      const model = await modelPath(given);
      const checkpoint = await openCheckpoint(model);
      const scratch = await mkdtemp(join(tmpdir(), 'grasp-speed-'));
      try {
        const isFolder = !model.endsWith('.gguf');
        const folder = isFolder ? model : join(scratch, 'model');
        if (!isFolder) {
          await mkdir(folder);
          await writeFolder(checkpoint, folder);
        }
        const { matches, missing } = await compare(checkpoint, folder, options, scratch);
        const machine = describeMachine(options.threads);
        const config = configOf(checkpoint);
        const report = { model: basename(model), machine, config, matches, missing };
        print(report);
        if (options.report === undefined) return;
        await writeFiles(options.report, {
          'speed.json': `${JSON.stringify(speedRecord(report), undefined, 2)}\n`,
          'speed.md': speedMarkdown(report),
          'speed.html': speedPage(report),
        });
      } finally {
        await checkpoint.close();
        await rm(scratch, { recursive: true, force: true });
      }
    });
