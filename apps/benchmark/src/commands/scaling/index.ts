import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import Table from 'cli-table3';
import { describeMachine } from '../../shared/timing/machine.js';
import { count, listOf } from '../../shared/options/option-values.js';
import { writeFiles } from '../../shared/files/write-files.js';
import { SHAPES, type ShapeName } from '../../shared/models/shapes.js';
import { type Conditions, forecastOf, measureSizes, type Size } from './measure-sizes.js';
import {
  AXES,
  type Axis,
  describe,
  findings,
  type ScalingReport,
  type Series,
  scalingMarkdown,
  scalingPage,
  scalingTable,
} from './report.js';

/** A quarter, a half, three quarters and all of a number. */
const quarters = (most: number): number[] => [
  ...new Set([0.25, 0.5, 0.75, 1].map((share) => Math.max(1, Math.round(share * most)))),
];

/** The sizes of one axis. The others are small, but for the vocabulary, which all layers are measured with. */
function sizesAlong(axis: Axis, most: Size): Size[] {
  const base = { ...most, layers: quarters(most.layers)[0]!, rows: 1 };
  if (axis === 'layers') return quarters(most.layers).map((layers) => ({ ...base, layers }));
  if (axis === 'tokens') return quarters(most.rows).map((rows) => ({ ...base, rows }));
  return quarters(most.vocabulary).map((vocabulary) => ({ ...base, vocabulary }));
}

function print(report: ScalingReport): void {
  const { columns, rows } = scalingTable(report);
  const table = new Table({ head: ['', ...columns], style: { head: [], border: [], compact: true } });
  table.push(...rows);
  console.log(`${describe(report)}\n${table.toString()}\n${findings(report).join('\n')}`);
}

export const scalingCommand = () =>
  new Command('scaling')
    .description('time gate steps of cuts of a published shape, and hold time and memory against lines')
    .addOption(
      new Option('--like <name>', 'whose shape it has')
        .choices(Object.keys(SHAPES) as ShapeName[])
        .default('smollm2-135m' as ShapeName),
    )
    .addOption(
      new Option('--vary <names>', 'layers, tokens, vocabulary').argParser(listOf(AXES)).default([...AXES]),
    )
    .option('--layers <n>', 'layers of the largest cut', count, 8)
    .option('--rows <n>', 'most rows of a batch', count, 4)
    .option('--vocabulary <n>', 'largest vocabulary (default: as large as that of the model)', count)
    .option('--length <n>', 'tokens of a row', count, 512)
    .option('--keep <share>', 'share of the prunable parameters kept', Number, 0.5)
    .addOption(
      new Option('--dtype <name>', 'of weights').choices(['float32', 'bfloat16'] as const).default('float32'),
    )
    .option('--rounds <n>', 'counted rounds', count, 5)
    .option('--threads <n>', 'default: all cores', count, availableParallelism())
    .option('--report <folder>', 'write scaling.json, scaling.md and scaling.html')
    .action(async ({ vary, layers, rows, vocabulary, report: folder, ...rest }) => {
      const conditions = rest as Conditions;
      const shape = SHAPES[conditions.like];
      const most = { layers, rows, vocabulary: vocabulary ?? shape.vocab_size };
      const scratch = await mkdtemp(join(tmpdir(), 'grasp-scaling-'));
      try {
        const series: Series[] = [];
        for (const axis of vary) {
          console.error(`${axis} …`);
          series.push({ axis, sizes: await measureSizes(sizesAlong(axis, most), conditions, scratch) });
        }
        const report: ScalingReport = {
          machine: describeMachine(conditions.threads),
          conditions,
          series,
          whole: {
            layers: shape.num_hidden_layers,
            forecast: forecastOf(
              { ...most, layers: shape.num_hidden_layers, rows: 1 },
              conditions,
              Math.max(...series.flatMap(({ sizes }) => sizes.map(({ matMulRate }) => matMulRate))),
            ),
          },
        };
        print(report);
        if (folder === undefined) return;
        await writeFiles(folder, {
          'scaling.json': `${JSON.stringify(report, undefined, 2)}\n`,
          'scaling.md': scalingMarkdown(report),
          'scaling.html': scalingPage(report),
        });
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    });
