import { escapeMarkup, htmlPage, htmlTable, lineChart } from '@grasp/report';
import { bestOf } from './best.js';
import { type Column, columnsOf } from './columns.js';
import type { ComparedRun, Comparison } from './comparison.js';
import { aboutTables } from './markdown.js';
import { type ComparisonTable, entriesOf, statisticOf, tablesOf, titleOf } from './tables.js';

/** Lines of a chart that have a colour: the best at the smallest budget. */
const COLORED = 4;

/** The comparison as one HTML page without scripts, fonts or network access. */
export function htmlComparison(comparison: Comparison): string {
  const { conditions, engine, missing, dense } = comparison;
  const tables = tablesOf(comparison);
  const many = dense.length > 1;
  const best = bestOf(tables, many);
  const [, ...bestColumns] = best.head;
  const perplexities = columnsOf(comparison).filter(({ better, quality }) => quality && better === 'lower');
  const charts = dense.flatMap(({ model }) =>
    perplexities.map((column) => {
      const own = tables.filter((table) => table.model === model);
      const figures = [...overKeep(own, column), ...overTime(own, column)];
      const title = `${many ? `${model}, ` : ''}${column.title}`;
      return `<h2>${escapeMarkup(title)}</h2><div class="charts">${figures.join('')}</div>`;
    }),
  );
  const list = (lines: readonly string[]) =>
    `<ul>${lines.map((line) => `<li>${escapeMarkup(line)}</li>`).join('')}</ul>`;
  const body = `<p>${escapeMarkup(aboutTables('★').join(' '))}</p>
${list([...conditions, `Engine: ${engine}`])}
${charts.join('\n')}
<h2>Numbers</h2>
${tables.map((table) => htmlOf(table, many)).join('\n')}
${htmlTable({ caption: 'Which is best?', columns: bestColumns, rows: best.rows })}
${missing.length > 0 ? `<h2>Not measured</h2>${list(missing)}` : ''}`;
  return htmlPage({ title: 'Methods under one budget', body });
}

function htmlOf(table: ComparisonTable, many: boolean): string {
  const entries = entriesOf(table);
  const rows = table.rows.map(({ method }, row) => [
    method,
    ...entries[row]!.map(({ text, best }) => (best ? `${text} ★` : text)),
  ]);
  const columns = table.columns.map(({ title }) => title);
  return htmlTable({ caption: titleOf(table, many), columns, rows });
}

/** A value with its error bar, where it can be drawn on a logarithmic axis. */
function pointOf(column: Column, runs: readonly ComparedRun[], x: number | undefined) {
  const statistic = statisticOf(column, runs);
  if (!statistic || x === undefined) return [];
  const { mean, deviation = 0 } = statistic;
  if (!Number.isFinite(mean) || mean <= 0) return [];
  const low = mean - deviation > 0 ? mean - deviation : mean;
  return [{ x, y: mean, low, high: mean + deviation }];
}

/** Perplexity against keep ratio, one chart per recovery. */
function overKeep(tables: readonly ComparisonTable[], column: Column): string[] {
  const recoveries = [...new Set(tables.map(({ recovery }) => recovery))];
  return recoveries.flatMap((recovery) => {
    const own = tables.filter((table) => table.recovery === recovery);
    const methods = [...new Set(own.flatMap(({ rows }) => rows.map(({ method }) => method)))];
    const lines = methods.flatMap((name) => {
      const points = own.flatMap(({ keep, rows }) =>
        pointOf(column, rows.find(({ method }) => method === name)?.runs ?? [], keep),
      );
      return points.length > 1 ? [{ name, points }] : [];
    });
    if (lines.length === 0) return [];
    const atSmallest = ({ points }: (typeof lines)[number]) => points.reduce((a, b) => (a.x < b.x ? a : b)).y;
    const ranked = lines.toSorted((a, b) => atSmallest(a) - atSmallest(b));
    const series = [
      ...ranked.slice(COLORED).map((line) => ({ ...line, name: '', title: line.name, faint: true })),
      ...ranked.slice(0, COLORED),
    ];
    const chart = lineChart(series, {
      x: 'share of prunable parameters kept',
      y: column.title,
      logarithmic: true,
    });
    return [`<figure>${chart}<figcaption>${escapeMarkup(recovery.title)}</figcaption></figure>`];
  });
}

/** Perplexity against the time of choice and recovery, one chart per keep ratio. */
function overTime(tables: readonly ComparisonTable[], column: Column): string[] {
  const seconds = tables[0]?.columns.find(({ title }) => title === 'seconds');
  return [...new Set(tables.map(({ keep }) => keep))].flatMap((keep) => {
    const series = tables
      .filter((table) => table.keep === keep)
      .flatMap(({ recovery, rows }) => {
        const points = rows.flatMap(({ method, runs }) =>
          pointOf(column, runs, seconds && statisticOf(seconds, runs)?.mean)
            .filter(({ x }) => x > 0)
            .map((point) => ({ ...point, name: method })),
        );
        return points.length === 0 ? [] : [{ name: recovery.name, points, dots: true }];
      });
    if (series.length === 0) return [];
    const axes = {
      x: 'seconds of choice and recovery',
      logarithmicX: true,
      y: column.title,
      logarithmic: true,
    };
    return [`<figure>${lineChart(series, axes)}<figcaption>keep ${keep}</figcaption></figure>`];
  });
}
