import { escapeMarkup, htmlPage, htmlTable, lineChart } from '@grasp/report';
import { type Line, lineThrough } from './line.js';
import type { Conditions, Cost, MeasuredSize, Size } from './measure-sizes.js';

export const AXES = ['layers', 'tokens', 'vocabulary'] as const;
export type Axis = (typeof AXES)[number];

/** One quantity varied, the others as they are. */
export interface Series {
  readonly axis: Axis;
  readonly sizes: readonly MeasuredSize[];
}

export interface ScalingReport {
  readonly machine: string;
  readonly conditions: Conditions;
  readonly series: readonly Series[];
  /** The published model, and what a dry run would say of it. */
  readonly whole: { readonly layers: number; readonly forecast: Cost };
}

/** How large a size is on an axis. */
function alongAxis(axis: Axis, { layers, rows, vocabulary }: Size, length: number): number {
  return { layers, tokens: rows * length, vocabulary }[axis];
}

interface Fit {
  readonly x: readonly number[];
  readonly cpuSeconds: Line;
  readonly gigabytes: Line;
}

function fit({ axis, sizes }: Series, { length }: Conditions): Fit {
  const x = sizes.map((size) => alongAxis(axis, size, length));
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

const COLUMNS = ['s', 'dry run', 'CPU s', 'by the line', 'GB', 'by the line', 'dry run'];

/** A row a size, the first column its name. */
export function scalingTable({ series, conditions }: ScalingReport): { columns: string[]; rows: string[][] } {
  const rows = series.flatMap((each) => {
    const { x, cpuSeconds: line, gigabytes } = fit(each, conditions);
    return each.sizes.map(({ measured, cpuSeconds, forecast }, i) => [
      `${x[i]} ${each.axis === 'vocabulary' ? 'in the vocabulary' : each.axis}`,
      ...[measured.seconds, forecast.seconds, cpuSeconds, line.at(x[i]!)].map((value) => value.toFixed(3)),
      ...[gigabytesOf(measured), gigabytes.at(x[i]!), gigabytesOf(forecast)].map((value) => value.toFixed(2)),
    ]);
  });
  return { columns: COLUMNS, rows };
}

/** What the lines say, a sentence each. */
export function findings({ series, conditions, whole }: ScalingReport): string[] {
  return series.flatMap((each) => {
    const { cpuSeconds, gigabytes } = fit(each, conditions);
    const of = (line: Line) =>
      `R² ${line.rSquared.toFixed(4)}, the farthest point ${percent(line.farthest)} off`;
    const linear = `Along ${each.axis}: CPU time on a line (${of(cpuSeconds)}), memory too (${of(gigabytes)}).`;
    if (each.axis !== 'layers') return [linear];
    const { forecast, layers } = whole;
    return [
      linear,
      `All ${layers} layers of ${conditions.like} by these lines: ${cpuSeconds.at(layers).toFixed(1)} s of CPU time a step and ` +
        `${gigabytes.at(layers).toFixed(2)} GB; by a dry run ${forecast.seconds.toFixed(1)} s on ${conditions.threads} threads and ` +
        `${gigabytesOf(forecast).toFixed(2)} GB.`,
    ];
  });
}

/** What was run on what, in a sentence. */
export function describe({ machine, conditions, series }: ScalingReport): string {
  const { like, length, keep, dtype, rounds } = conditions;
  const sizes = series.map(({ axis, sizes: [first] }) => {
    const { layers, rows, vocabulary } = first!;
    const all = {
      layers: `${layers} layers`,
      tokens: `${rows} × ${length} tokens`,
      vocabulary: `${vocabulary} in the vocabulary`,
    };
    const fixed = AXES.filter((other) => other !== axis).map((other) => all[other]);
    return `${axis} vary at ${fixed.join(' and ')}`;
  });
  return (
    `${machine}. Gate steps in ${dtype} at keep ${keep} on random weights of ${like}'s shape, rows of ${length} tokens: ` +
    `${sizes.join('; ')}. The fastest of ${rounds} rounds in which sizes take turns, CPU time of all threads in sum; memory is the most that was ` +
    'resident in each process, loading included.'
  );
}

export function scalingMarkdown(report: ScalingReport): string {
  const { columns, rows } = scalingTable(report);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table = [line(['', ...columns]), line(['---', ...columns.map(() => '--:')]), ...rows.map(line)];
  return `# What a gate step costs\n\n${describe(report)}\n\n${table.join('\n')}\n\n${findings(report)
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
${htmlTable({ caption: 'Measured, by the line, and forecast', ...scalingTable(report) })}<ul>${said.join('')}</ul>
<div class="charts">${charts.join('')}</div>`;
  return htmlPage({ title: 'What a gate step costs', body });
}
