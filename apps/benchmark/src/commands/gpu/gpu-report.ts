import { markdownTable } from '../../shared/tables/markdown-table.js';
import type { Card } from './card.js';
import type { Outcome } from './run-parts.js';

export interface GpuReport {
  readonly date: string;
  /** Processor, memory, cards, Node. */
  readonly machine: string;
  readonly device: 'gpu' | 'cpu';
  readonly card?: Card;
  readonly size: string;
  /** TensorFlow's version, build and device, and the FLOP/s of products alone. */
  readonly engine?: { readonly engine: string; readonly matMulRates: Readonly<Record<string, number>> };
  /** Why TensorFlow does not run there. */
  readonly engineProblem?: string;
  /** PyTorch's version and device, if a Python was named; or what is wrong with it. */
  readonly pytorch?: string;
  readonly outcomes: readonly Outcome[];
}

const COLUMNS = ['part', 'outcome', 'result', 'seconds'];

/** A cell of a Markdown table. */
const inCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' / ');

/** One row per part. A part that failed says why. */
export function outcomeRows(outcomes: readonly Outcome[]): string[][] {
  return outcomes.map(({ title, status, headline, reason, seconds, limitSeconds }) => [
    title,
    status,
    [headline, reason].filter(Boolean).join('; '),
    `${seconds.toFixed(0)} of ${limitSeconds}`,
  ]);
}

/** The conditions, one line each. */
export function conditionLines(report: GpuReport): string[] {
  const { date, machine, device, card, size, engine, engineProblem, pytorch } = report;
  const rates = Object.entries(engine?.matMulRates ?? {}).map(
    ([dtype, rate]) => `${(rate / 1e12).toFixed(2)} TFLOP/s in ${dtype}`,
  );
  const memory = card?.totalBytes === undefined ? '' : `, ${(card.totalBytes / 2 ** 30).toFixed(0)} GiB`;
  return [
    `${date}; ${machine}`,
    device === 'gpu'
      ? `on a GPU: ${card?.name ?? 'unknown'}${memory}, driver ${card?.driver ?? 'unknown'}`
      : 'on the CPU: these numbers say nothing about a GPU',
    `sizes: ${size}`,
    ...(engine ? [`${engine.engine}; products alone: ${rates.join(', ')}`] : []),
    ...(engineProblem === undefined ? [] : [`TensorFlow does not run: ${engineProblem}`]),
    pytorch === undefined ? 'no PyTorch: name a Python by --python to compare' : `PyTorch: ${pytorch}`,
  ];
}

/** The whole report: conditions, a row for each part, then what each part wrote. */
export function gpuMarkdown(report: GpuReport): string {
  const { outcomes } = report;
  const rows = outcomeRows(outcomes).map((cells) => cells.map(inCell));
  const lines = conditionLines(report).map((line) => `- ${inCell(line)}`);
  const parts = outcomes.flatMap(({ markdown }) =>
    markdown === undefined ? [] : [markdown.replaceAll(/^#/gm, '##').trim()],
  );
  return `${['# GPU benchmark', lines.join('\n'), markdownTable(COLUMNS, rows), ...parts].join('\n\n')}\n`;
}

/** All numbers. The Markdown of the parts is left out. */
export const gpuRecord = ({ outcomes, ...rest }: GpuReport): object => ({
  format: 'grasp-gpu-benchmark',
  version: 1,
  ...rest,
  outcomes: outcomes.map(({ markdown: _, ...outcome }) => outcome),
});
