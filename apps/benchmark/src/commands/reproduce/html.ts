import { escapeMarkup, htmlPage, htmlTable, lineChart } from '@grasp/report';
import { MEAN, METRICS, type Metric } from './metrics.js';
import { type Report, type ReportRow, tableOf } from './report.js';

/** A metric against the keep ratio: the rows of the main table, and the paper's. */
function chartOf(metric: Metric, rows: readonly ReportRow[]): string {
  const main = rows.filter(({ subject: { paper } }) => paper === 'dense' || paper === 'GRASPrune');
  const points = (of: 'measured' | 'paper') =>
    main.flatMap(({ subject, cells }) => {
      const cell = cells.find((each) => each.metric.key === metric.key);
      const value = of === 'paper' ? cell?.paper : cell?.measured?.value;
      return value === undefined ? [] : [{ x: subject.keep, y: value }];
    });
  const series = [
    { name: 'measured', points: points('measured') },
    { name: 'paper', points: points('paper') },
  ].filter((each) => each.points.length > 0);
  if (series.every((each) => each.points.length < 2)) return '';
  const logarithmic = metric.kind === 'perplexity';
  return `<figure>${lineChart(series, { x: 'share of prunable parameters kept', y: metric.title, logarithmic })}</figure>`;
}

/** The report as one page that needs nothing else: no script, no font, no network. */
export function htmlReport(report: Report): string {
  const { model, paper, engine, rows, missing } = report;
  const charts = [...METRICS, MEAN].map((metric) => chartOf(metric, rows)).join('');
  const source = paper === undefined ? '' : ` Paper: GRASPrune, arXiv 2604.19398, ${escapeMarkup(paper)}.`;
  const tables = rows.map((row) => {
    const {
      head: [caption = '', ...columns],
      rows,
    } = tableOf(row, paper !== undefined);
    return htmlTable({ caption, columns, rows });
  });
  const listed = missing.map((each) => `<li>${escapeMarkup(each)}</li>`).join('');
  const body = `<p>Engine: ${escapeMarkup(engine)}.${source} Perplexity exact in float32, and rounded to bfloat16 as the paper has it; the difference is of the rounded one.</p>
<div class="charts">${charts}</div>
<div class="charts">${tables.join('\n')}</div>
${missing.length > 0 ? `<h2>Not measured</h2><ul>${listed}</ul>` : ''}`;
  return htmlPage({ title: model, body });
}
