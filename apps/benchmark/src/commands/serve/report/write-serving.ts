import { escapeMarkup, htmlPage, htmlTable } from '@grasp/report';
import { writeFiles } from '../../../shared/files/write-files.js';
import { markdownTable } from '../../../shared/tables/markdown-table.js';
import { terminalTable } from '../../../shared/tables/terminal-table.js';
import { serveCharts, serveSvg } from './charts.js';
import { conditionsOf, type ServeReport } from './serve-report.js';
import { serveTable } from './serve-table.js';

const TITLE = 'Dense and pruned models, served';

/** Writes serve.json, serve.md, serve.html and serve.svg into a folder. */
export async function writeServing(report: ServeReport, folder: string): Promise<void> {
  const svg = serveSvg(report);
  await writeFiles(folder, {
    'serve.json': `${JSON.stringify(report, null, 2)}\n`,
    'serve.md': serveMarkdown(report),
    'serve.html': servePage(report),
    ...(svg === undefined ? {} : { 'serve.svg': svg }),
  });
}

/** The table for the terminal, with its conditions. */
export function serveText(report: ServeReport): string {
  const { head, rows } = serveTable(report);
  const missing = report.missing.map((each) => `not measured: ${each}`);
  return [...conditionsOf(report), terminalTable(head, rows, { numeric: true }), ...missing].join('\n');
}

export function serveMarkdown(report: ServeReport): string {
  const { head, rows } = serveTable(report);
  const list = (lines: readonly string[]) => lines.map((line) => `- ${line}`).join('\n');
  const missing = report.missing.length > 0 ? `\n## Not measured\n\n${list(report.missing)}\n` : '';
  return `# ${TITLE}\n\n${list(conditionsOf(report))}\n\n${markdownTable(head, rows)}\n${missing}`;
}

function servePage(report: ServeReport): string {
  const { head, rows } = serveTable(report);
  const list = (lines: readonly string[]) =>
    `<ul>${lines.map((line) => `<li>${escapeMarkup(line)}</li>`).join('')}</ul>`;
  const charts = serveCharts(report).map((chart) => `<figure>${chart}</figure>`);
  const table = htmlTable({
    caption: 'Medians',
    columns: head.slice(2),
    rows: rows.map(([title, runtime, ...cells]) => [`${title}, ${runtime}`, ...cells]),
  });
  const body = `${list(conditionsOf(report))}
<div class="charts">${charts.join('')}</div>
${table}
${report.missing.length > 0 ? `<h2>Not measured</h2>${list(report.missing)}` : ''}`;
  return htmlPage({ title: TITLE, body });
}
