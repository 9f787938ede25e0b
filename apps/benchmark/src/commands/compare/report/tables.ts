import { type Column, columnsOf } from './columns.js';
import type { ComparedRun, Comparison } from './comparison.js';

/** Mean over seeds, and the sample standard deviation if there are several. */
export interface Statistic {
  readonly mean: number;
  readonly deviation?: number;
}

/** A number as it stands in a table. */
export interface Entry {
  readonly text: string;
  /** Whether no other row of the table has a better one. */
  readonly best: boolean;
}

/** One method under one recovery, over all seeds. */
export interface MethodRow {
  readonly method: string;
  readonly runs: readonly ComparedRun[];
}

/** All methods at one keep ratio under one recovery. */
export interface ComparisonTable {
  readonly model: string;
  readonly keep: number;
  readonly recovery: Comparison['recoveries'][number];
  readonly columns: readonly Column[];
  readonly rows: readonly MethodRow[];
}

/** The tables of a comparison, by model, keep ratio and recovery. Those without a row are left out. */
export function tablesOf(comparison: Comparison): ComparisonTable[] {
  const { dense, runs, recoveries } = comparison;
  const columns = columnsOf(comparison);
  const keeps = [...new Set(runs.map(({ keep }) => keep))].sort((a, b) => b - a);
  return dense.flatMap(({ model }) =>
    keeps.flatMap((keep) =>
      recoveries.flatMap((recovery): ComparisonTable[] => {
        const own = runs.filter(
          (run) => run.model === model && run.keep === keep && run.recovery === recovery.name,
        );
        const methods = [...new Set(own.map(({ method }) => method))];
        const rows = methods.map((method) => ({ method, runs: own.filter((run) => run.method === method) }));
        return rows.length === 0 ? [] : [{ model, keep, recovery, columns, rows }];
      }),
    ),
  );
}

/** A column's statistic over the runs of a row. Undefined if a run has no value. */
export function statisticOf({ of }: Column, runs: readonly ComparedRun[]): Statistic | undefined {
  const values = runs.flatMap((run) => of(run) ?? []);
  if (values.length === 0 || values.length < runs.length) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length === 1) return { mean };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

/** The entries of a table, row by row. Equal texts are equally good. */
export function entriesOf({ columns, rows }: ComparisonTable): Entry[][] {
  const shown = columns.map((column) => {
    const statistics = rows.map(({ runs }) => statisticOf(column, runs));
    const means = statistics.flatMap((statistic) => statistic?.mean ?? []);
    const best = column.better === 'higher' ? Math.max(...means) : Math.min(...means);
    const bestText = column.better && means.length > 0 ? column.show(best) : undefined;
    return statistics.map((statistic): Entry => {
      if (!statistic) return { text: '', best: false };
      const { mean, deviation } = statistic;
      const text = column.show(mean);
      const error = deviation === undefined || deviation === 0 ? '' : ` ± ${column.show(deviation)}`;
      return { text: text + error, best: text === bestText };
    });
  });
  return rows.map((_, row) => shown.map((column) => column[row]!));
}

/** `smollm2, keep 0.5, refit` */
export const titleOf = ({ model, keep, recovery }: ComparisonTable, many: boolean): string =>
  `${many ? `${model}, keep` : 'Keep'} ${keep}, ${recovery.title}`;
