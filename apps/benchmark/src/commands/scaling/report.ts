import { escapeMarkup, htmlPage, htmlTable, lineChart } from '@grasp/report';
import { formatItems } from '@grasp/report/format';
import { markdownTable } from '../../shared/tables/markdown-table.js';
import { type Line, lineThrough } from './line.js';
import { type Conditions, type Cost, lengthOf, type MeasuredSize, type Size } from './measure-sizes.js';

export const AXES = ['layers', 'tokens', 'vocabulary', 'length'] as const;
export type Axis = (typeof AXES)[number];

/** Sizes along one axis. */
export interface Series {
  readonly axis: Axis;
  readonly sizes: readonly MeasuredSize[];
}

export interface ScalingReport {
  readonly machine: string;
  readonly conditions: Conditions;
  readonly series: readonly Series[];
  /** The whole published model, and the forecast of a dry run for it. */
  readonly whole: { readonly layers: number; readonly forecast: Cost };
}

/** Position of a size on an axis. */
function alongAxis(axis: Axis, size: Size, conditions: Conditions): number {
  const length = lengthOf(size, conditions);
  return { layers: size.layers, tokens: size.rows * length, vocabulary: size.vocabulary, length }[axis];
}

interface Fit {
  readonly x: readonly number[];
  readonly cpuSeconds: Line;
  readonly gigabytes: Line;
}

function fit({ axis, sizes }: Series, conditions: Conditions): Fit {
  const x = sizes.map((size) => alongAxis(axis, size, conditions));
  const line = (y: (size: MeasuredSize) => number) =>
    lineThrough(sizes.map((size, i) => ({ x: x[i]!, y: y(size) })));
  return {
    x,
    cpuSeconds: line(({ cpuSeconds }) => cpuSeconds),
    gigabytes: line(({ measured }) => gigabytesOf(measured)),
  };
}

const gigabytesOf = ({ peakBytes }: Cost): number => peakBytes / 1e9;
const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

const COLUMNS = ['s', 'dry run', 'CPU s', 'line', 'GB', 'line', 'dry run'];

const UNITS: Record<Axis, string> = {
  layers: 'layers',
  tokens: 'tokens',
  vocabulary: 'in the vocabulary',
  length: 'tokens in one row',
};

/** One row per size. The first column is its name. */
export function scalingTable({ series, conditions }: ScalingReport): { columns: string[]; rows: string[][] } {
  const rows = series.flatMap((each) => {
    const { x, cpuSeconds: line, gigabytes } = fit(each, conditions);
    return each.sizes.map(({ measured, cpuSeconds, forecast }, i) => [
      `${x[i]} ${UNITS[each.axis]}`,
      ...[measured.seconds, forecast.seconds, cpuSeconds, line.at(x[i]!)].map((value) => value.toFixed(3)),
      ...[gigabytesOf(measured), gigabytes.at(x[i]!), gigabytesOf(forecast)].map((value) => value.toFixed(2)),
    ]);
  });
  return { columns: COLUMNS, rows };
}

/** The fits as sentences. Two sizes are always on a line, and one size has none. */
export function findings({ series, conditions, whole }: ScalingReport): string[] {
  return series.flatMap((each) => {
    const { cpuSeconds, gigabytes } = fit(each, conditions);
    const of = (line: Line) => `R² ${line.rSquared.toFixed(4)}, largest deviation ${percent(line.farthest)}`;
    const linear =
      each.sizes.length < 3
        ? []
        : [`Linear in ${each.axis}: CPU time with ${of(cpuSeconds)}; memory with ${of(gigabytes)}.`];
    if (each.axis !== 'layers' || each.sizes.length < 2) return linear;
    const { forecast, layers } = whole;
    return [
      ...linear,
      `These lines give ${cpuSeconds.at(layers).toFixed(1)} s of CPU time per step and ${gigabytes.at(layers).toFixed(2)} GB for ` +
        `all ${layers} layers of ${conditions.like}. A dry run gives ${forecast.seconds.toFixed(1)} s on ${formatItems(conditions.threads, 'thread')} and ` +
        `${gigabytesOf(forecast).toFixed(2)} GB.`,
    ];
  });
}

/** The conditions of the measurements, in sentences. */
export function describe({ machine, conditions, series }: ScalingReport): string {
  const { like, length, keep, dtype, rounds } = conditions;
  const sizes = series.map(({ axis, sizes: [first] }) => {
    const { layers, rows, vocabulary } = first!;
    const tokens = `${rows} × ${axis === 'length' ? 'as many' : length} tokens`;
    const all = {
      layers: formatItems(layers, 'layer'),
      tokens,
      vocabulary: `${vocabulary} in the vocabulary`,
    };
    const fixed = (['layers', 'tokens', 'vocabulary'] as const)
      .filter((other) => other !== axis)
      .map((other) => all[other]);
    return `${axis === 'length' ? 'tokens per row' : axis} vary at ${fixed.join(' and ')}`;
  });
  return (
    `${machine}. Gate steps in ${dtype} at keep ${keep} on random weights of ${like}'s shape: ` +
    `${sizes.join('; ')}. The fastest of ${formatItems(rounds, 'round')} in which the sizes alternate; CPU time of all threads in sum; peak ` +
    'memory of each process, including loading: of the GPU if it is used, else resident.'
  );
}

export function scalingMarkdown(report: ScalingReport): string {
  const { columns, rows } = scalingTable(report);
  const table = markdownTable(['', ...columns], rows);
  return `# Cost of a gate step\n\n${describe(report)}\n\n${table}\n\n${findings(report)
    .map((each) => `- ${each}`)
    .join('\n')}\n`;
}

export function scalingPage(report: ScalingReport): string {
  const charts = report.series.flatMap((each) => {
    const { x, cpuSeconds, gigabytes } = fit(each, report.conditions);
    const points = (value: (size: MeasuredSize, x: number) => number) =>
      each.sizes.map((size, i) => ({ x: x[i]!, y: value(size, x[i]!) }));
    const measured = (value: (size: MeasuredSize) => number) => ({ name: 'measured', points: points(value) });
    const line = ({ at }: Line) => ({ name: 'line', points: points((_, place) => at(place)), faint: true });
    const dryRun = { name: 'dry run', points: points(({ forecast }) => gigabytesOf(forecast)) };
    return [
      lineChart([measured((size) => size.cpuSeconds), line(cpuSeconds)], { x: each.axis, y: 'CPU seconds' }),
      lineChart([measured((size) => gigabytesOf(size.measured)), dryRun, line(gigabytes)], {
        x: each.axis,
        y: 'GB',
      }),
    ].map((chart) => `<figure>${chart}</figure>`);
  });
  const said = findings(report).map((each) => `<li>${escapeMarkup(each)}</li>`);
  const body = `<p>${escapeMarkup(describe(report))}</p>
${htmlTable({ caption: 'Measured, fitted and forecast', ...scalingTable(report) })}<ul>${said.join('')}</ul>
<div class="charts">${charts.join('')}</div>`;
  return htmlPage({ title: 'Cost of a gate step', body });
}
