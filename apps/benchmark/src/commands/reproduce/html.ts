import { escapeMarkup } from './escape-markup.js';
import { lineChart } from './line-chart.js';
import { MEAN, METRICS, type Metric } from './metrics.js';
import { type Report, type ReportRow, type TextTable, tableOf } from './report.js';

function htmlTable({ head: [title = '', ...columns], rows }: TextTable): string {
  const heads = columns.map((column) => `<th scope="col">${escapeMarkup(column)}</th>`).join('');
  const body = rows.map(
    ([name = '', ...cells]) =>
      `<tr><th scope="row">${escapeMarkup(name)}</th>${cells.map((cell) => `<td>${escapeMarkup(cell)}</td>`).join('')}</tr>`,
  );
  return `<table><caption>${escapeMarkup(title)}</caption><thead><tr><th></th>${heads}</tr></thead><tbody>${body.join('')}</tbody></table>`;
}

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

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse;margin:1.5rem 0}caption{font-weight:600;text-align:left;padding-bottom:.3rem}
th,td{padding:.2rem .8rem;text-align:right;border-bottom:1px solid #ddd}th[scope=row]{text-align:left;font-weight:400}
.charts{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0}`;

/** The report as one page that needs nothing else: no script, no font, no network. */
export function htmlReport(report: Report): string {
  const { model, paper, engine, rows, missing } = report;
  const charts = [...METRICS, MEAN].map((metric) => chartOf(metric, rows)).join('');
  const source = paper === undefined ? '' : ` Paper: GRASPrune, arXiv 2604.19398, ${escapeMarkup(paper)}.`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeMarkup(model)}</title><style>${STYLE}</style></head><body>
<h1>${escapeMarkup(model)}</h1>
<p>Engine: ${escapeMarkup(engine)}.${source} Perplexity exact in float32, and rounded to bfloat16 as the paper has it; the difference is of the rounded one.</p>
<div class="charts">${charts}</div>
${rows.map((row) => htmlTable(tableOf(row, paper !== undefined))).join('\n')}
${missing.length > 0 ? `<h2>Not measured</h2><ul>${missing.map((each) => `<li>${escapeMarkup(each)}</li>`).join('')}</ul>` : ''}
</body></html>
`;
}
