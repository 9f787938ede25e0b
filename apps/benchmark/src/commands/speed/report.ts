import type { DecoderConfig } from '@grasp/decoder';
import { escapeMarkup, htmlPage, htmlTable, lineChart } from '@grasp/report';
import { median } from '../../shared/statistics/median.js';
import { markdownTable } from '../../shared/tables/markdown-table.js';
import type { DType, Rival } from '../../shared/timing/start-step.js';
import type { StepKind } from '../../shared/timing/step-process.js';
import type { Contest } from './contest.js';
import { stepFlops } from './flops.js';

/** A contest and its conditions. */
export interface Match extends Contest {
  readonly kind: StepKind;
  readonly dtype: DType;
  readonly rival: Rival['name'];
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

/** Whether GPU memory is known for both sides. If so, it is reported instead of resident memory. */
const hasGpuMemory = (rounds: Match['rounds']): boolean =>
  rounds.every(({ ours, theirs }) => ours.gpuBytes > 0 && theirs.gpuBytes > 0);

/** Summary of a contest: medians over the rounds, and peak memory. */
function summary({ rounds, kind, rows, length, keep }: Match, config: DecoderConfig) {
  const seconds = (side: 'ours' | 'theirs') => median(rounds.map((round) => round[side].seconds));
  const cpu = (side: 'ours' | 'theirs') => median(rounds.map((round) => round[side].cpuSeconds));
  const bytes = hasGpuMemory(rounds) ? 'gpuBytes' : 'peakBytes';
  const peak = (side: 'ours' | 'theirs') => Math.max(...rounds.map((round) => round[side][bytes]));
  const flops = stepFlops(config, { kind, tokens: rows * length, length, keep });
  return {
    ours: { seconds: seconds('ours'), cpuSeconds: cpu('ours'), peakBytes: peak('ours') },
    theirs: { seconds: seconds('theirs'), cpuSeconds: cpu('theirs'), peakBytes: peak('theirs') },
    secondsRatio: median(rounds.map((round) => round.ours.seconds / round.theirs.seconds)),
    cpuRatio: median(rounds.map((round) => round.ours.cpuSeconds / round.theirs.cpuSeconds)),
    memoryRatio: peak('ours') / peak('theirs'),
    tokensPerSecond: (rows * length) / seconds('ours'),
    flopsPerSecond: flops / seconds('ours'),
    /** FLOP/s of the step over FLOP/s of matrix products alone. */
    shareOfMatMul: median(rounds.map(({ ours }) => flops / ours.seconds / ours.matMulRate)),
  };
}

const NAMES: Record<StepKind, string> = {
  gates: 'gate step',
  scales: 'scale step',
  perplexity: 'perplexity window',
};

const RIVALS: Record<Rival['name'], string> = {
  eager: '',
  compiled: ', PyTorch compiled',
  official: ", the paper's code",
};

const nameOf = ({ kind, dtype, rival }: Match): string => `${NAMES[kind]}, ${dtype}${RIVALS[rival]}`;

const COLUMNS = [
  ...['s', 'PyTorch s', 'ratio'],
  ...['CPU s', 'PyTorch CPU s', 'ratio'],
  ...['tokens/s', 'GFLOP/s', 'of matmul'],
  ...['GB', 'PyTorch GB', 'ratio'],
];

/** One row per contest. The first column is its name. */
export function speedTable({ matches, config }: SpeedReport): { columns: string[]; rows: string[][] } {
  const rows = matches.map((match) => {
    const { ours, theirs, ...rest } = summary(match, config);
    return [
      nameOf(match),
      ours.seconds.toFixed(3),
      theirs.seconds.toFixed(3),
      rest.secondsRatio.toFixed(2),
      ours.cpuSeconds.toFixed(3),
      theirs.cpuSeconds.toFixed(3),
      rest.cpuRatio.toFixed(2),
      rest.tokensPerSecond.toFixed(0),
      (rest.flopsPerSecond / 1e9).toFixed(0),
      `${(100 * rest.shareOfMatMul).toFixed(0)}%`,
      (ours.peakBytes / 1e9).toFixed(2),
      (theirs.peakBytes / 1e9).toFixed(2),
      rest.memoryRatio.toFixed(2),
    ];
  });
  return { columns: COLUMNS, rows };
}

/** The conditions of the measurements, in sentences. */
export function conditions({ machine, matches }: SpeedReport): string {
  const engines = [...new Set(matches.flatMap(({ ours, theirs }) => [ours.engine, theirs.engine]))].join(
    '; ',
  );
  const sizes = matches.map(({ kind, rows, length, keep }) =>
    kind === 'perplexity' ? `${rows} × ${length} tokens dense` : `${rows} × ${length} tokens at keep ${keep}`,
  );
  const rounds = Math.min(...matches.map((match) => match.rounds.length));
  const onGpu = matches.every((match) => hasGpuMemory(match.rounds));
  return (
    `${machine}. ${engines}. ${[...new Set(sizes)].join(', ')}; medians of ${rounds} rounds in which the two ` +
    'alternate, after losses and gradients were compared. CPU s is the CPU time of all threads in sum. Memory is the peak ' +
    `${onGpu ? 'GPU' : 'resident'} memory of each process.`
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
    const points = (side: 'ours' | 'theirs') =>
      match.rounds.map((round, i) => ({ x: i + 1, y: round[side].seconds }));
    const series = [
      { name: 'GRASP', points: points('ours') },
      { name: 'PyTorch', points: points('theirs') },
    ];
    return `<figure>${lineChart(series, { x: `round: ${nameOf(match)}`, y: 'seconds' })}</figure>`;
  });
  const missing = report.missing.map((each) => `<li>${escapeMarkup(each)}</li>`).join('');
  const body = `<p>${escapeMarkup(conditions(report))}</p>
${htmlTable({ caption: 'GRASP and PyTorch', ...speedTable(report) })}
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
