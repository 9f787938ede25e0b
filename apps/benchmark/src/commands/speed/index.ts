import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { openCheckpoint, writeFolder } from '@grasp/checkpoint';
import { decoderConfig } from '@grasp/decoder';
import Table from 'cli-table3';
import { contest, type Round } from './contest.js';
import { gateStepFlops } from './flops.js';
import { median } from './statistics.js';
import type { StepResult } from './step-process.js';

const count = (text: string): number => Number.parseInt(text, 10);

function row(name: string, results: readonly StepResult[], tokens: number, flops: number) {
  const seconds = median(results.map((r) => r.seconds));
  const peak = Math.max(...results.map((r) => r.peakBytes));
  const rate = flops > 0 ? (flops / seconds / 1e9).toFixed(0) : '';
  return [name, seconds.toFixed(3), (tokens / seconds).toFixed(0), rate, (peak / 1e9).toFixed(2)];
}

function table(rounds: readonly Round[], tokens: number, flops: number): string {
  const rows = new Table({
    head: ['', 'seconds a step', 'tokens/s', 'GFLOP/s', 'peak GB'],
    style: { head: [], border: [], compact: true },
  });
  const [ours, theirs] = [rounds.map((r) => r.ours), rounds.map((r) => r.theirs)];
  const peak = (results: readonly StepResult[]) => Math.max(...results.map((r) => r.peakBytes));
  rows.push(row('GRASP', ours, tokens, flops), row('PyTorch', theirs, tokens, 0), [
    'ratio',
    median(rounds.map((r) => r.ours.seconds / r.theirs.seconds)).toFixed(3),
    '',
    '',
    (peak(ours) / peak(theirs)).toFixed(3),
  ]);
  return rows.toString();
}

export const speedCommand = () =>
  new Command('speed')
    .description('time a gate step beside a PyTorch script of the same step, in turns, on the same model')
    .argument('<model>', 'Hugging Face folder or GGUF file')
    .option('--python <path>', 'Python with torch and safetensors', 'python3')
    .option('--compile', 'let PyTorch compile its step', false)
    .addOption(
      new Option('--dtype <name>', 'weights of both')
        .choices(['float32', 'bfloat16'] as const)
        .default('float32' as const),
    )
    .addOption(
      new Option('--units <which>', 'all: a gate step; kept: a step of scale calibration')
        .choices(['all', 'kept'] as const)
        .default('all' as const),
    )
    .option('--keep <share>', 'share of the prunable parameters kept', Number, 0.5)
    .option('--rows <n>', 'rows of a batch', count, 1)
    .option('--length <n>', 'tokens of a row', count, 512)
    .option('--steps <n>', 'counted rounds', count, 7)
    .option('--threads <n>', 'threads of both', count, availableParallelism())
    .option('--seed <n>', 'of tokens and mask', count, 1)
    .action(async (model, options) => {
      const checkpoint = await openCheckpoint(model);
      const scratch = await mkdtemp(join(tmpdir(), 'grasp-model-'));
      try {
        const isFolder = !model.endsWith('.gguf');
        if (!isFolder) await writeFolder(checkpoint, scratch);
        const { config } = checkpoint;
        const rounds: Round[] = [];
        for await (const round of contest({ ...options, model: isFolder ? model : scratch, config })) {
          rounds.push(round);
        }
        const tokens = options.rows * options.length;
        const flops =
          options.units === 'all'
            ? gateStepFlops(decoderConfig(config), tokens, options.length, options.keep)
            : 0;
        console.log(
          `${cpus()[0]?.model ?? 'unknown processor'}, ${options.threads} threads, ${options.dtype}`,
        );
        console.log(
          `${rounds.length} rounds in turns, ${options.rows} × ${options.length} tokens, keep ${options.keep}, ${options.units} units`,
        );
        console.log(table(rounds, tokens, flops));
      } finally {
        await checkpoint.close();
        await rm(scratch, { recursive: true, force: true });
      }
    });
