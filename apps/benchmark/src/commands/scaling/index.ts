import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import type { MatMulRates } from '@grasp/prune';
import { assertApart } from '../../shared/files/assert-apart.js';
import { writeFiles } from '../../shared/files/write-files.js';
import { SHAPES } from '../../shared/models/shapes.js';
import { BenchOptionError } from '../../shared/options/bench-option-error.js';
import { dtypeOption, likeOption } from '../../shared/options/common-options.js';
import {
  count,
  counts,
  LEAST_VOCABULARY,
  listOf,
  ratio,
  vocabularySize,
} from '../../shared/options/option-values.js';
import { terminalTable } from '../../shared/tables/terminal-table.js';
import { describeMachine } from '../../shared/timing/machine.js';
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

/** A quarter, a half, three quarters and all of a number, each at least `least`. */
const quarters = (max: number, least = 1): number[] => [
  ...new Set([0.25, 0.5, 0.75, 1].map((share) => Math.max(least, Math.round(share * max)))),
];

/** Lengths of a row that are compared if none are given. */
const DEFAULT_LENGTHS = [512, 1024, 2048];

/** The sizes along one axis. Rows and layers are small on the other axes; the vocabulary is the largest. */
function sizesAlong(axis: Axis, most: Size, lengths: readonly number[]): Size[] {
  const base = { ...most, layers: quarters(most.layers)[0]!, rows: 1 };
  if (axis === 'layers') return quarters(most.layers).map((layers) => ({ ...base, layers }));
  if (axis === 'length') return lengths.map((length) => ({ ...most, rows: 1, length }));
  if (axis === 'tokens') return quarters(most.rows).map((rows) => ({ ...base, rows }));
  return quarters(most.vocabulary, LEAST_VOCABULARY).map((vocabulary) => ({ ...base, vocabulary }));
}

/** The highest of each rate: other programs only lower them. */
const fastest = (measured: readonly MatMulRates[]): MatMulRates => ({
  weights: Math.max(...measured.map(({ weights }) => weights)),
  float32: Math.max(...measured.map(({ float32 }) => float32)),
});

function print(report: ScalingReport): void {
  const { columns, rows } = scalingTable(report);
  console.log(
    `${describe(report)}\n${terminalTable(['', ...columns], rows)}\n${findings(report).join('\n')}`,
  );
}

export const scalingCommand = () =>
  new Command()
    .addOption(likeOption())
    .addOption(
      new Option('--vary <names>', 'sizes to vary: layers, tokens (by rows), vocabulary, length (of a row)')
        .argParser(listOf(AXES))
        .default(AXES.filter((axis): boolean => axis !== 'length')),
    )
    .option('--layers <n>', 'maximum layers', count, 8)
    .option('--rows <n>', 'maximum rows per batch', count, 4)
    .option(
      '--vocabulary <n>',
      'maximum vocabulary, at least 256 (default: that of the model)',
      vocabularySize,
    )
    .addOption(
      new Option('--tokens <list>', 'tokens per row, separated by commas: lengths to compare')
        .argParser(counts)
        .implies({ vary: ['length'] }),
    )
    .option('--length <n>', 'tokens per row', count, 512)
    .option('--keep <share>', 'share of the prunable parameters kept', ratio, 0.5)
    .addOption(dtypeOption())
    .option('--rounds <n>', 'timed rounds', count, 5)
    .option('--threads <n>', 'default: all cores', count, availableParallelism())
    .option('--report <folder>', 'folder for scaling.json, scaling.md and scaling.html')
    .action(async ({ vary, layers, rows, vocabulary, tokens: given, report: folder, ...rest }, command) => {
      if (given !== undefined && !vary.includes('length'))
        throw new BenchOptionError('--tokens: its lengths need "length" in --vary.', 'tokens');
      if (command.getOptionValueSource('rows') === 'cli' && !vary.includes('tokens'))
        throw new BenchOptionError('--rows: it needs "tokens" in --vary. Other sizes have one row.', 'rows');
      if (folder !== undefined) await assertApart(folder, [], 'report');
      const tokens = given ?? DEFAULT_LENGTHS;
      const conditions = rest as Conditions;
      const shape = SHAPES[conditions.like];
      const most = { layers, rows, vocabulary: vocabulary ?? shape.vocab_size };
      const scratch = await mkdtemp(join(tmpdir(), 'grasp-scaling-'));
      try {
        const series: Series[] = [];
        for (const axis of vary) {
          console.error(`${axis} …`);
          series.push({
            axis,
            sizes: await measureSizes(sizesAlong(axis, most, tokens), conditions, scratch),
          });
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
              fastest(series.flatMap(({ sizes }) => sizes.map(({ rates }) => rates))),
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
