import type { Measured } from '../cells/cells.js';
import { MEAN, METRICS, type Metric } from './metrics.js';
import { type PaperModel, paperRow } from './paper.js';
import type { Ablation, Subject } from '../suites/suites.js';

/** One number of the paper beside ours. */
interface ReportCell {
  readonly metric: Metric;
  readonly measured?: Measured;
  readonly paper?: number;
  /** Measured less paper; of perplexities the rounded one, as the paper's are. */
  readonly difference?: number;
}

export interface ReportRow {
  readonly subject: Subject;
  /** Cost kept over cost in all, of a pruned model. */
  readonly kept?: number;
  readonly cells: readonly ReportCell[];
}

export interface Report {
  readonly model: string;
  /** Absent for a model that the paper does not have. */
  readonly paper?: string;
  readonly engine: string;
  readonly rows: readonly ReportRow[];
  /** What is compared with what, beside the table. */
  readonly ablations: readonly Ablation[];
  /** What could not be had. */
  readonly missing: readonly string[];
}

/** One row: what was measured of a subject, and what the paper says of the same. */
export function reportRow(
  subject: Subject,
  measured: Readonly<Record<string, Measured>>,
  paper: PaperModel | undefined,
  kept?: number,
): ReportRow {
  const reference = subject.paper === undefined ? undefined : paperRow(paper, subject.paper, subject.keep);
  const all = { ...measured, ...meanOf(measured) };
  const cells = [...METRICS, MEAN].map((metric): ReportCell => {
    const [ours, theirs] = [all[metric.key], reference?.[metric.key]];
    return {
      metric,
      ...(ours === undefined ? {} : { measured: ours }),
      ...(typeof theirs === 'number' ? { paper: theirs } : {}),
      ...(ours === undefined || typeof theirs !== 'number'
        ? {}
        : { difference: (ours.rounded ?? ours.value) - theirs }),
    };
  });
  return { subject, ...(kept === undefined ? {} : { kept }), cells };
}

/** The mean of the paper's five accuracies, if all were measured. */
function meanOf(measured: Readonly<Record<string, Measured>>): Record<string, Measured> {
  const accuracies = METRICS.filter(({ kind }) => kind === 'accuracy').map(({ key }) => measured[key]?.value);
  if (!accuracies.every((value) => value !== undefined)) return {};
  return { [MEAN.key]: { value: accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length } };
}

/** Table of text: a head and rows of equal length. */
export interface TextTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The paper's table, transposed so that it fits a terminal: a row a metric, for each model its numbers. */
export function tableOf({ subject, cells, kept }: ReportRow, hasPaper: boolean): TextTable {
  const title = kept === undefined ? subject.title : `${subject.title} (${(100 * kept).toFixed(1)}% kept)`;
  const rows = cells
    .filter((cell) => cell.measured !== undefined || cell.paper !== undefined)
    .map((cell) => {
      const { metric, measured, paper, difference } = cell;
      const measuredColumns = [show(metric, measured?.value), show(metric, measured?.rounded)];
      const paperColumns = [show(metric, paper), signed(metric, difference)];
      return [metric.title, ...measuredColumns, ...(hasPaper ? paperColumns : [])];
    });
  const head = [title, 'measured', 'rounded', ...(hasPaper ? ['paper', 'difference'] : [])];
  return { head, rows };
}

const show = ({ kind }: Metric, value: number | undefined): string =>
  value === undefined ? '' : value.toFixed(kind === 'perplexity' && value >= 1000 ? 1 : 4);

const signed = (metric: Metric, value: number | undefined): string =>
  value === undefined ? '' : `${value >= 0 ? '+' : '−'}${show(metric, Math.abs(value))}`;
