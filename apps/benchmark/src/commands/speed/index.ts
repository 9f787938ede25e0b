import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { type Checkpoint, openCheckpoint, writeFolder } from '@grasp/checkpoint';
import { decoderConfig } from '@grasp/decoder';
import Table from 'cli-table3';
import { describeMachine } from '../../shared/timing/machine.js';
import { count, listOf } from '../../shared/options/option-values.js';
import { writeFiles } from '../../shared/files/write-files.js';
import { checkClone } from '../against/official/run-official.js';
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
import type { DType, Rival } from '../../shared/timing/start-step.js';
import { ContestantError, type StepKind } from '../../shared/timing/step-process.js';
import { writeWorkload } from '../../shared/timing/workload.js';

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

/** Whom our step of a kind is timed beside. */
function rivalsOf(kind: StepKind, { compile, official }: SpeedOptions): Rival[] {
  const rivals: Rival[] = [{ name: 'eager' }];
  if (compile) rivals.push({ name: 'compiled' });
  if (official !== undefined && kind !== 'perplexity') rivals.push({ name: 'official', clone: official });
  return rivals;
}

/** Contests one by one; what one side cannot run is told, and the others go on. */
async function compare(
  checkpoint: Checkpoint,
  model: string,
  options: SpeedOptions,
  scratch: string,
): Promise<{ matches: Match[]; missing: string[] }> {
  const config = decoderConfig(checkpoint.config);
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
  const table = new Table({ head: ['', ...columns], style: { head: [], border: [], compact: true } });
  table.push(...rows);
  console.log(`${conditions(report)}\n${table.toString()}`);
  for (const each of report.missing) console.log(`not measured: ${each}`);
}

export const speedCommand = () =>
  new Command('speed')
    .description('time steps beside PyTorch scripts of the same steps, in turns, on the same model')
    .argument('<model>', 'Hugging Face folder or GGUF file')
    .option('--python <path>', 'Python with torch, safetensors and transformers', 'python3')
    .option('--compile', 'also let PyTorch compile its step', false)
    .option('--official <folder>', "a clone of the paper's repository: also time its steps, as they are")
    .addOption(
      new Option('--step <kinds>', 'gates, scales, perplexity').argParser(listOf(KINDS)).default([...KINDS]),
    )
    .addOption(
      new Option('--dtype <names>', 'weights of both: float32, bfloat16')
        .argParser(listOf(DTYPES))
        .default([...DTYPES]),
    )
    .option('--text <file>', 'text to read (default: two speeches)')
    .option('--keep <share>', 'share of the prunable parameters kept', Number, 0.5)
    .option('--rows <n>', 'rows of a batch', count, 1)
    .option('--length <n>', 'tokens of a row', count, 512)
    .option('--window <n>', 'tokens of a perplexity window', count, 2048)
    .option('--rounds <n>', 'counted rounds', count, 7)
    .option('--threads <n>', 'threads of both', count, availableParallelism())
    .option('--seed <n>', 'of the mask', count, 1)
    .option('--report <folder>', 'write speed.json, speed.md and speed.html')
    .action(async (model, options) => {
      if (options.official !== undefined) await checkClone(options.official);
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
        const config = decoderConfig(checkpoint.config);
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
