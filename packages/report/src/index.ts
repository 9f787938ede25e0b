export { escapeMarkup } from './escape-markup.js';
export { type HtmlPage, htmlPage } from './html-page.js';
export { type HtmlTable, htmlTable } from './html-table.js';
export { type ChartOptions, lineChart, type Series } from './line-chart.js';
