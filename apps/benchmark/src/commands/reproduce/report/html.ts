import { escapeMarkup, htmlPage, htmlTable, lineChart } from '@grasp/report';
import { MEAN, METRICS, type Metric } from '../../../shared/cells/metrics.js';
import type { Suite } from '../suites/suites.js';
import { ABOUT_PERPLEXITY } from './about-perplexity.js';
import { type Report, type ReportCell, type ReportRow, tableOf } from './report.js';

/** A line of a chart: one value per row. */
interface Line {
  readonly name: string;
  readonly rows: readonly ReportRow[];
  readonly y: (cell: ReportCell) => number | undefined;
}

const measured = ({ measured }: ReportCell): number | undefined => measured?.value;

/** A chart of a metric over the keep ratio. Empty if no line has two points. */
function chartOf(metric: Metric, lines: readonly Line[]): string {
  const series = lines.flatMap(({ name, rows, y }) => {
    const points = rows.flatMap(({ subject, cells }) => {
      const cell = cells.find((each) => each.metric.key === metric.key);
      const value = cell && y(cell);
      return value === undefined ? [] : [{ x: subject.keep, y: value }];
    });
    return points.length > 1 ? [{ name, points }] : [];
  });
  if (series.length === 0) return '';
  const logarithmic = metric.kind === 'perplexity';
  return `<figure>${lineChart(series, { x: 'share of prunable parameters kept', y: metric.title, logarithmic })}</figure>`;
}

/** Metrics of the charts that compare variants: the tasks only by their mean. */
const SUMMARY: readonly Metric[] = [...METRICS.filter(({ kind }) => kind === 'perplexity'), MEAN];
/** A chart with more lines is hard to read and is left out. */
const MAX_LINES = 4;

const TITLES: Readonly<Record<Suite, string>> = {
  table: 'Table',
  scales: 'Calibration of scales',
  allocation: 'One budget for all layers, or equal layers',
  layouts: 'Layouts',
  kinds: 'FFN channels and KV groups',
  corpus: 'Calibration corpus of the gates',
  ladder: 'Ladder from the paper to grasp+',
  methods: "The paper's method and grasp+",
  seeds: 'Three seeds',
  rivals: "Methods of the paper's table",
};

/** Tables of five columns: one beside the other on a wide screen, without scrolling on a phone. */
const STYLE = `.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,28rem),1fr));gap:0 2rem}
.numbers th,.numbers td{padding:.2rem .45rem;font-size:.9rem}
@media(max-width:40rem){.numbers th,.numbers td{padding:.2rem .25rem;font-size:.78rem}}`;

/** One chart per metric, all with the same lines. */
function chartsOf(metrics: readonly Metric[], lines: readonly Line[]): string {
  const charts = metrics.map((metric) => chartOf(metric, lines)).join('');
  return charts === '' ? '' : `<div class="charts">${charts}</div>`;
}

/** The report as one HTML page without scripts, fonts or network access. */
export function htmlReport(report: Report): string {
  const { model, paper, engine, rows, ablations, missing } = report;
  const rowsNamed = (names: readonly string[]) =>
    rows.filter(({ subject: { name } }) => name === 'dense' || names.includes(name));
  const main = rowsNamed(rows.map(({ subject: { keep } }) => `keep-${keep}`));
  const compared = ablations.map(({ suite, lines }) => {
    if (lines.length > MAX_LINES) return '';
    const charts = chartsOf(
      SUMMARY,
      lines.map(({ variant, subjects }) => ({ name: variant, rows: rowsNamed(subjects), y: measured })),
    );
    return charts === '' ? '' : `<h2>${TITLES[suite]}</h2>${charts}`;
  });
  const source = paper === undefined ? '' : ` Paper: GRASPrune, arXiv 2604.19398, ${escapeMarkup(paper)}.`;
  const tables = rows.map((row) => {
    const {
      head: [caption = '', ...columns],
      rows,
    } = tableOf(row, paper !== undefined);
    return htmlTable({ caption, columns, rows });
  });
  const listed = missing.map((each) => `<li>${escapeMarkup(each)}</li>`).join('');
  const body = `<p>Engine: ${escapeMarkup(engine)}.${source} ${escapeMarkup(ABOUT_PERPLEXITY)}</p>
${chartsOf(
  [...METRICS, MEAN],
  [
    { name: 'measured', rows: main, y: measured },
    { name: 'paper', rows: main, y: (cell) => cell.paper },
  ],
)}
${compared.join('\n')}
<h2>Numbers</h2>
<div class="numbers">${tables.join('\n')}</div>
${missing.length > 0 ? `<h2>Not measured</h2><ul>${listed}</ul>` : ''}`;
  return htmlPage({ title: model, body, style: STYLE });
}
