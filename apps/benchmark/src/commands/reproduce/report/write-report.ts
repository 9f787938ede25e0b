import { writeFiles } from '../../../shared/files/write-files.js';
import { terminalTable } from '../../../shared/tables/terminal-table.js';
import { htmlReport } from './html.js';
import { markdownReport } from './markdown.js';
import { type Report, tableOf } from './report.js';

/** Writes report.json, report.md and report.html into a folder. */
export async function writeReport(report: Report, folder: string): Promise<void> {
  await writeFiles(folder, {
    'report.json': `${JSON.stringify(report, null, 2)}\n`,
    'report.md': markdownReport(report),
    'report.html': htmlReport(report),
  });
}

/** The report as text for the terminal. */
export function textReport({ rows, paper, missing }: Report): string {
  const tables = rows.map((row) => {
    const table = tableOf(row, paper !== undefined);
    return terminalTable(table.head, table.rows);
  });
  return [...tables, ...missing.map((each) => `not measured: ${each}`)].join('\n');
}
