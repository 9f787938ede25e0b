import { writeFiles } from '../../../shared/files/write-files.js';
import { terminalTable } from '../../../shared/tables/terminal-table.js';
import type { Comparison } from './comparison.js';
import { htmlComparison } from './html.js';
import { markdownPage } from './markdown.js';
import { entriesOf, tablesOf, titleOf } from './tables.js';

/** Writes compare.json, compare.md and compare.html into a folder. */
export async function writeComparison(comparison: Comparison, folder: string): Promise<void> {
  await writeFiles(folder, {
    'compare.json': `${JSON.stringify(comparison, null, 2)}\n`,
    'compare.md': markdownPage(comparison),
    'compare.html': htmlComparison(comparison),
  });
}

/** The comparison as text for the terminal. A star marks the best of each column. */
export function textComparison(comparison: Comparison): string {
  const many = comparison.dense.length > 1;
  const tables = tablesOf(comparison).map((table) => {
    const entries = entriesOf(table);
    const rows = table.rows.map(({ method }, row) => [
      method,
      ...entries[row]!.map(({ text, best }) => (best ? `${text}*` : text)),
    ]);
    const head = ['method', ...table.columns.map(({ title }) => title)];
    return `${titleOf(table, many)}\n${terminalTable(head, rows, { numeric: true })}`;
  });
  const legend = tables.length === 0 ? [] : ['*: the best of each column'];
  return [...tables, ...legend, ...comparison.missing.map((each) => `not measured: ${each}`)].join('\n');
}
