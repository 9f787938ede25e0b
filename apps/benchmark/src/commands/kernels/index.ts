import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { openEngine } from '@grasp/prune';
import { formatItems } from '@grasp/report/format';
import { assertApart } from '../../shared/files/assert-apart.js';
import { writeFiles } from '../../shared/files/write-files.js';
import { dtypeOption, likeOption } from '../../shared/options/common-options.js';
import { count, LEAST_VOCABULARY, ratio, vocabularySize } from '../../shared/options/option-values.js';
import { markdownTable } from '../../shared/tables/markdown-table.js';
import { terminalTable } from '../../shared/tables/terminal-table.js';
import { describeMachine } from '../../shared/timing/machine.js';
import type { StepKind } from '../../shared/timing/step-process.js';
import { KERNEL_COLUMNS, type KernelReport, kernelRows, sumsOf } from './kernel-table.js';
import { profileLayers } from './profile-layers.js';

/** The conditions and sums, in sentences. */
function describe(report: KernelReport): string {
  const { calls, milliseconds } = sumsOf(report);
  const { machine, engine, steps, kind, layers, like, vocabulary, rows, length, dtype, keep } = report;
  return (
    `${machine}; ${engine}. ${NAMES[kind]} of ${formatItems(layers, 'layer')} of ${like}'s shape, vocabulary ` +
    `${vocabulary}, ${rows} × ${length} tokens, ${dtype}, keep ${keep}; means of ${formatItems(steps, 'step')}. A step calls ` +
    `${calls.toFixed(0)} kernels, which take ${milliseconds.toFixed(2)} ms in sum, and takes ${(1e3 * report.seconds).toFixed(2)} ms ` +
    `while it is profiled.${report.compilations === undefined ? '' : ` XLA compiled ${report.compilations} functions.`}`
  );
}

const NAMES: Record<StepKind, string> = {
  gates: 'Gate step',
  scales: 'Scale step',
  healing: 'Healing step',
  perplexity: 'Forward pass',
};

function reportFiles(report: KernelReport, top: number): Record<string, string> {
  const table = markdownTable(KERNEL_COLUMNS, kernelRows(report, top));
  return {
    'kernels.json': `${JSON.stringify({ ...report, sums: sumsOf(report) }, undefined, 2)}\n`,
    'kernels.md': `# Kernels\n\n${describe(report)}\n\n${table}\n`,
  };
}

export const kernelsCommand = () =>
  new Command()
    .addOption(likeOption())
    .addOption(
      new Option('--step <kind>', 'gates, scales, healing, or perplexity (a forward pass)')
        .choices(['gates', 'scales', 'healing', 'perplexity'] as const)
        .default('gates' as const),
    )
    .option('--layers <n>', 'number of layers', count, 1)
    .option(
      '--vocabulary <n>',
      'tokens in the vocabulary, at least 256; few, so that layers dominate',
      vocabularySize,
      LEAST_VOCABULARY,
    )
    .option('--rows <n>', 'rows per batch', count, 1)
    .option('--length <n>', 'tokens per row', count, 512)
    .option('--keep <share>', 'share of the prunable parameters kept', ratio, 0.5)
    .addOption(dtypeOption())
    .option('--steps <n>', 'profiled steps', count, 5)
    .option('--threads <n>', 'default: all cores', count, availableParallelism())
    .option('--top <n>', 'kernels in the table', count, 25)
    .option('--report <folder>', 'folder for kernels.json and kernels.md')
    .action(async ({ top, threads, report: folder, step: kind, ...how }) => {
      if (folder !== undefined) await assertApart(folder, [], 'report');
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
        console.log(describe(report));
        console.log(terminalTable(KERNEL_COLUMNS, kernelRows(report, top), { numeric: true }));
        if (folder !== undefined) await writeFiles(folder, reportFiles(report, top));
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    });
