import type { DecoderConfig } from '@grasp/decoder';
import { escapeMarkup, htmlPage, htmlTable, lineChart } from '@grasp/report';
import { formatItems } from '@grasp/report/format';
import { median } from '../../shared/statistics/median.js';
import { markdownTable } from '../../shared/tables/markdown-table.js';
import type { DType, Rival } from '../../shared/timing/start-step.js';
import type { StepKind } from '../../shared/timing/step-process.js';
import type { Contest, Timing } from './contest.js';
import { stepFlops } from './flops.js';

/** A contest and its conditions. */
export interface Match extends Contest {
  readonly kind: StepKind;
  readonly dtype: DType;
  /** Absent: our step alone. */
  readonly rival?: Rival['name'];
  /** Of this repository, if the rival is our step there. */
  readonly commit?: string;
  readonly rows: number;
  readonly length: number;
  readonly keep: number;
}

export interface SpeedReport {
  readonly model: string;
  /** Processor, memory, threads, versions. */
  readonly machine: string;
  readonly config: DecoderConfig;
  readonly matches: readonly Match[];
  /** One line for each contest that could not be run, with the reason. */
  readonly missing: readonly string[];
}

/** Whether GPU memory is known for all sides. If so, it is reported instead of resident memory. */
const hasGpuMemory = (rounds: Match['rounds']): boolean =>
  rounds.every(({ ours, theirs }) => ours.gpuBytes > 0 && (theirs === undefined || theirs.gpuBytes > 0));

/** Medians over the rounds of one side, and peak memory. */
interface Side {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

/** Medians of the ratios within rounds, and the ratio of memory. */
interface Ratios {
  readonly secondsRatio: number;
  readonly cpuRatio: number;
  readonly memoryRatio: number;
}

function summary({ rounds, kind, rows, length, keep }: Match, config: DecoderConfig) {
  const bytes = hasGpuMemory(rounds) ? 'gpuBytes' : 'peakBytes';
  const side = (timings: readonly Timing[]): Side => ({
    seconds: median(timings.map(({ seconds }) => seconds)),
    cpuSeconds: median(timings.map(({ cpuSeconds }) => cpuSeconds)),
    peakBytes: Math.max(...timings.map((timing) => timing[bytes])),
  });
  const ours = side(rounds.map((round) => round.ours));
  const pairs = rounds.flatMap(({ ours, theirs }) => (theirs ? [{ ours, theirs }] : []));
  const flops = stepFlops(config, { kind, tokens: rows * length, length, keep });
  const rest = {
    ours,
    tokensPerSecond: (rows * length) / ours.seconds,
    flopsPerSecond: flops / ours.seconds,
    /** FLOP/s of the step over FLOP/s of matrix products alone. */
    shareOfMatMul: median(rounds.map(({ ours }) => flops / ours.seconds / ours.rates.weights)),
  };
  if (pairs.length === 0) return rest;
  const theirs = side(pairs.map((pair) => pair.theirs));
  const ratios: Ratios = {
    secondsRatio: median(pairs.map((pair) => pair.ours.seconds / pair.theirs.seconds)),
    cpuRatio: median(pairs.map((pair) => pair.ours.cpuSeconds / pair.theirs.cpuSeconds)),
    memoryRatio: ours.peakBytes / theirs.peakBytes,
  };
  return { ...rest, theirs, ...ratios };
}

const NAMES: Record<StepKind, string> = {
  gates: 'gate step',
  scales: 'scale step',
  healing: 'healing step',
  perplexity: 'perplexity window',
};

const RIVALS: Record<Rival['name'], string> = {
  eager: '',
  compiled: ', PyTorch compiled',
  official: ", the paper's code",
  baseline: '',
  workers: '',
};

const nameOf = ({ kind, dtype, rival }: Match): string =>
  `${NAMES[kind]}, ${dtype}${rival === undefined ? '' : RIVALS[rival]}`;

/** What the other side of the contests is called. */
const rivalTitle = (matches: readonly Match[]): string =>
  matches.find(({ commit }) => commit !== undefined)?.commit ??
  (matches.some(({ rival }) => rival === 'workers') ? 'on workers' : 'PyTorch');

const columnsBeside = (rival: string): string[] => [
  ...['s', `${rival} s`, 'ratio'],
  ...['CPU s', `${rival} CPU s`, 'ratio'],
  ...['tokens/s', 'GFLOP/s', 'of matmul'],
  ...['GB', `${rival} GB`, 'ratio'],
];

/** Of {@link columnsBeside}, those without a rival. */
const OWN_COLUMNS = [0, 3, 6, 7, 8, 9];

/** One row per contest. The first column is its name. Our steps alone have no columns of a rival. */
export function speedTable({ matches, config }: Pick<SpeedReport, 'matches' | 'config'>): {
  columns: string[];
  rows: string[][];
} {
  const digits = (value: number | undefined, count: number) => value?.toFixed(count) ?? '';
  const cells = matches.map((match) => {
    const all: Partial<Ratios & { theirs: Side }> & Omit<ReturnType<typeof summary>, 'theirs'> = summary(
      match,
      config,
    );
    const { ours, theirs } = all;
    return [
      ...[digits(ours.seconds, 3), digits(theirs?.seconds, 3), digits(all.secondsRatio, 2)],
      ...[digits(ours.cpuSeconds, 3), digits(theirs?.cpuSeconds, 3), digits(all.cpuRatio, 2)],
      ...[digits(all.tokensPerSecond, 0), digits(all.flopsPerSecond / 1e9, 0)],
      `${digits(100 * all.shareOfMatMul, 0)}%`,
      ...[digits(ours.peakBytes / 1e9, 2), digits(theirs && theirs.peakBytes / 1e9, 2)],
      digits(all.memoryRatio, 2),
    ];
  });
  const columns = columnsBeside(rivalTitle(matches));
  const isAlone = matches.every(({ rival }) => rival === undefined);
  const shown = isAlone ? OWN_COLUMNS : columns.map((_, i) => i);
  return {
    columns: shown.map((i) => columns[i]!),
    rows: matches.map((match, row) => [nameOf(match), ...shown.map((i) => cells[row]![i]!)]),
  };
}

/** For each contest, the ratio of the times within each round: what a single number hides. */
export function ratiosByRound({ matches }: Pick<SpeedReport, 'matches'>): string[] {
  return matches.map((match) => {
    const ratios = match.rounds.flatMap(({ ours, theirs }) =>
      theirs ? [ours.seconds / theirs.seconds] : [],
    );
    return `${nameOf(match)}: ${ratios.map((ratio) => ratio.toFixed(3)).join(' ')}`;
  });
}

/** The conditions of the measurements, in sentences. */
export function conditions({ machine, matches }: SpeedReport): string {
  const engines = [
    ...new Set(matches.flatMap(({ ours, theirs }) => [ours.engine, ...(theirs ? [theirs.engine] : [])])),
  ].join('; ');
  const sizes = matches.map(({ kind, rows, length, keep }) =>
    kind === 'perplexity' ? `${rows} × ${length} tokens dense` : `${rows} × ${length} tokens at keep ${keep}`,
  );
  const rounds = Math.min(...matches.map((match) => match.rounds.length));
  const onGpu = matches.every((match) => hasGpuMemory(match.rounds));
  const isAlone = matches.every(({ rival }) => rival === undefined);
  const how = isAlone ? '' : ' in which the two alternate, after losses and gradients were compared';
  return (
    `${machine}. ${engines}. ${[...new Set(sizes)].join(', ')}; medians of ${formatItems(rounds, 'round')}${how}. CPU s is the CPU time of all ` +
    `threads in sum. Memory is the peak ${onGpu ? 'GPU' : 'resident'} memory of each process.`
  );
}

export function speedMarkdown(report: SpeedReport): string {
  const { columns, rows } = speedTable(report);
  const table = markdownTable(['', ...columns], rows);
  const missing = report.missing.map((each) => `- ${each}`).join('\n');
  return `# Speed: ${report.model}\n\n${conditions(report)}\n\n${table}\n${missing && `\nNot measured:\n\n${missing}\n`}`;
}

export function speedPage(report: SpeedReport): string {
  const charts = report.matches.map((match) => {
    const series = [
      { name: 'GRASP', points: match.rounds.map(({ ours }, i) => ({ x: i + 1, y: ours.seconds })) },
      {
        name: rivalTitle(report.matches),
        points: match.rounds.flatMap(({ theirs }, i) => (theirs ? [{ x: i + 1, y: theirs.seconds }] : [])),
      },
    ].filter(({ points }) => points.length > 0);
    return `<figure>${lineChart(series, { x: `round: ${nameOf(match)}`, y: 'seconds' })}</figure>`;
  });
  const missing = report.missing.map((each) => `<li>${escapeMarkup(each)}</li>`).join('');
  const body = `<p>${escapeMarkup(conditions(report))}</p>
${htmlTable({ caption: 'Steps', ...speedTable(report) })}
<div class="charts">${charts.join('')}</div>${missing && `<h2>Not measured</h2><ul>${missing}</ul>`}`;
  return htmlPage({ title: `Speed: ${report.model}`, body });
}

/** All numbers, as JSON. */
export function speedRecord({ config, ...report }: SpeedReport): object {
  return {
    ...report,
    matches: report.matches.map((match) => ({ ...match, ...summary(match, config), rounds: match.rounds })),
  };
}
