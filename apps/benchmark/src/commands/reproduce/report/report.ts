import type { Measured } from '../../../shared/cells/cells.js';
import { MEAN, METRICS, type Metric } from '../../../shared/cells/metrics.js';
import type { TextTable } from '../../../shared/tables/text-table.js';
import type { Ablation, Subject } from '../suites/suites.js';
import { type PaperModel, paperRow } from './paper.js';

/** One metric of one subject: the measured value beside the paper's. */
export interface ReportCell {
  readonly metric: Metric;
  readonly measured?: Measured;
  readonly paper?: number;
  /** Measured minus paper. For perplexities, rounded minus paper, because the paper's values are rounded. */
  readonly difference?: number;
}

export interface ReportRow {
  readonly subject: Subject;
  /** Prunable parameters kept, as a share of the dense model's. Absent for the dense model. */
  readonly kept?: number;
  readonly cells: readonly ReportCell[];
}

export interface Report {
  readonly model: string;
  /** Name of the model in the paper. Absent if the paper does not have the model. */
  readonly paper?: string;
  readonly engine: string;
  readonly rows: readonly ReportRow[];
  /** Comparisons beside the table. */
  readonly ablations: readonly Ablation[];
  /** One line for each value that is not available. */
  readonly missing: readonly string[];
}

/** The row of a subject: the measured values, and those that the paper reports for the same method and keep ratio. */
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

/** The mean of the five accuracies, if all were measured. */
function meanOf(measured: Readonly<Record<string, Measured>>): Record<string, Measured> {
  const accuracies = METRICS.filter(({ kind }) => kind === 'accuracy').map(({ key }) => measured[key]?.value);
  if (!accuracies.every((value) => value !== undefined)) return {};
  return { [MEAN.key]: { value: accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length } };
}

/** The table of one subject, one row per metric. It is the paper's table transposed, to fit a terminal. */
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
