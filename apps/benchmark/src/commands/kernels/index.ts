import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { openEngine } from '@grasp/prune';
import { writeFiles } from '../../shared/files/write-files.js';
import { SHAPES, type ShapeName } from '../../shared/models/shapes.js';
import { count, nonEmpty, ratio } from '../../shared/options/option-values.js';
import { terminalTable } from '../../shared/tables/terminal-table.js';
import { describeMachine } from '../../shared/timing/machine.js';
import { KERNEL_COLUMNS, type KernelReport, kernelRows, sumsOf } from './kernel-table.js';
import { profileLayers } from './profile-layers.js';

function print(report: KernelReport, top: number): void {
  const { calls, milliseconds } = sumsOf(report);
  console.log(
    `${report.machine}; ${report.engine}. ${report.steps} ${report.kind} steps of ${report.layers} layers of ${report.like}'s ` +
      `shape, vocabulary ${report.vocabulary}, ${report.rows} × ${report.length} tokens, ${report.dtype}, keep ${report.keep}. ` +
      `A step calls ${calls.toFixed(0)} kernels, ${milliseconds.toFixed(2)} ms in sum, and takes ` +
      `${(1e3 * report.seconds).toFixed(2)} ms.`,
  );
  console.log(terminalTable([...KERNEL_COLUMNS], kernelRows(report, top), { numeric: true }));
}

export const kernelsCommand = () =>
  new Command()
    .addOption(
      new Option('--like <name>', 'published model whose shape is used')
        .choices(Object.keys(SHAPES) as ShapeName[])
        .default('smollm2-135m' as ShapeName),
    )
    .addOption(
      new Option('--step <kind>', 'gates, scales, healing, or perplexity (a forward pass)')
        .choices(['gates', 'scales', 'healing', 'perplexity'] as const)
        .default('gates' as const),
    )
    .option('--layers <n>', 'number of layers', count, 1)
    .option(
      '--vocabulary <n>',
      'tokens in the vocabulary, at least 256; few, so that layers dominate',
      count,
      256,
    )
    .option('--rows <n>', 'rows per batch', count, 1)
    .option('--length <n>', 'tokens per row', count, 512)
    .option('--keep <share>', 'share of the prunable parameters kept', ratio, 0.5)
    .addOption(
      new Option('--dtype <name>', 'dtype of the weights')
        .choices(['float32', 'bfloat16'] as const)
        .default('float32' as const),
    )
    .option('--steps <n>', 'profiled steps', count, 5)
    .option('--threads <n>', 'default: all cores', count, availableParallelism())
    .option('--top <n>', 'kernels in the table', count, 25)
    .option('--report <folder>', 'folder for kernels.json', nonEmpty)
    .action(async ({ top, threads, report: folder, step: kind, ...how }) => {
      const engine = await openEngine({ backend: 'tensorflow', threads });
      const scratch = await mkdtemp(join(tmpdir(), 'grasp-kernels-'));
      try {
        const measured = await profileLayers(engine, { ...how, kind }, scratch);
        const report: KernelReport = {
          machine: describeMachine(threads),
          engine: engine.description,
          kind,
          ...how,
          ...measured,
        };
        print(report, top);
        if (folder !== undefined)
          await writeFiles(folder, { 'kernels.json': `${JSON.stringify(report, undefined, 2)}\n` });
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    });
