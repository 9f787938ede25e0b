import type { DecoderConfig } from '@grasp/decoder';
import { escapeMarkup, htmlPage, htmlTable, lineChart } from '@grasp/report';
import type { Contest } from './contest.js';
import { stepFlops } from './flops.js';
import type { DType, Rival } from '../../shared/timing/start-step.js';
import { median } from '../../shared/statistics/statistics.js';
import type { StepKind } from '../../shared/timing/step-process.js';

/** One contest and what it was about. */
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
  /** What could not be measured, and why. */
  readonly missing: readonly string[];
}

/** Whether the driver told of both sides what they hold of a GPU: that is then the memory that counts. */
const tellsGpuMemory = (rounds: Match['rounds']): boolean =>
  rounds.every(({ ours, theirs }) => ours.gpuBytes > 0 && theirs.gpuBytes > 0);

/** Numbers of one contest: medians over the rounds, the most of memory. */
function summary({ rounds, kind, rows, length, keep }: Match, config: DecoderConfig) {
  const seconds = (side: 'ours' | 'theirs') => median(rounds.map((round) => round[side].seconds));
  const cpu = (side: 'ours' | 'theirs') => median(rounds.map((round) => round[side].cpuSeconds));
  const bytes = tellsGpuMemory(rounds) ? 'gpuBytes' : 'peakBytes';
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
    /** Of the rate of matrix products alone, beside each step. */
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

/** A row a contest, the first column its name. */
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

/** What was run on what, in sentences. */
export function conditions({ machine, matches }: SpeedReport): string {
  const engines = [...new Set(matches.flatMap(({ ours, theirs }) => [ours.engine, theirs.engine]))].join(
    '; ',
  );
  const sizes = matches.map(({ kind, rows, length, keep }) =>
    kind === 'perplexity' ? `${rows} × ${length} tokens dense` : `${rows} × ${length} tokens at keep ${keep}`,
  );
  const rounds = Math.min(...matches.map((match) => match.rounds.length));
  const onGpu = matches.every((match) => tellsGpuMemory(match.rounds));
  return (
    `${machine}. ${engines}. ${[...new Set(sizes)].join(', ')}; medians of ${rounds} rounds in which the two take ` +
    'turns, after losses and gradients were found to agree; CPU s is what all threads took in sum; memory is the most ' +
    `${onGpu ? 'of the GPU that each process held' : 'that was resident in each process'}.`
  );
}

export function speedMarkdown(report: SpeedReport): string {
  const { columns, rows } = speedTable(report);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table = [line(['', ...columns]), line(['---', ...columns.map(() => '--:')]), ...rows.map(line)];
  const missing = report.missing.map((each) => `- ${each}`).join('\n');
  return `# Speed: ${report.model}\n\n${conditions(report)}\n\n${table.join('\n')}\n${missing && `\nNot measured:\n\n${missing}\n`}`;
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

/** All numbers, for programs. */
export function speedRecord({ config, ...report }: SpeedReport): object {
  return {
    ...report,
    matches: report.matches.map((match) => ({ ...match, ...summary(match, config), rounds: match.rounds })),
  };
}
