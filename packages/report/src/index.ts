export { type ChartOptions, lineChart, type Series } from './charts/line-chart.js';
export { RunFolderError } from './errors.js';
export { escapeMarkup } from './page/escape-markup.js';
export { formatBytes, formatCount, formatParameters, formatShare } from './page/format.js';
export { type HtmlPage, htmlPage } from './page/html-page.js';
export { type HtmlTable, htmlTable } from './page/html-table.js';
export { type FinishedRun, RUN_REPORT, readRun } from './run/read-run.js';
export { runReport } from './run/run-report.js';
export type { Accuracy } from './run/run-tables.js';
