export { RunFolderError } from './errors.js';
export { escapeMarkup } from './escape-markup.js';
export { formatBytes, formatCount, formatParameters, formatShare } from './format.js';
export { type HtmlPage, htmlPage } from './html-page.js';
export { type HtmlTable, htmlTable } from './html-table.js';
export { type ChartOptions, lineChart, type Series } from './line-chart.js';
export { type FinishedRun, RUN_REPORT, readRun } from './read-run.js';
export { runReport } from './run-report.js';
export type { Accuracy } from './run-tables.js';
