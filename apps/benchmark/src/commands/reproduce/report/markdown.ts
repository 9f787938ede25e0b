import { markdownTable } from '../../../shared/tables/markdown-table.js';
import { ABOUT_PERPLEXITY } from './about-perplexity.js';
import { type Report, tableOf } from './report.js';

/** The report as Markdown. */
export function markdownReport({ model, paper, engine, rows, missing }: Report): string {
  const source = paper === undefined ? '' : ` Paper: GRASPrune, arXiv 2604.19398, ${paper}.`;
  const tables = rows.map((row) => {
    const table = tableOf(row, paper !== undefined);
    return markdownTable(table.head, table.rows);
  });
  const listed = missing.map((each) => `- ${each}`).join('\n');
  const sections = [
    `# ${model}`,
    `Engine: ${engine}.${source} ${ABOUT_PERPLEXITY}`,
    ...tables,
    ...(missing.length > 0 ? [`Not measured:\n\n${listed}`] : []),
  ];
  return `${sections.join('\n\n')}\n`;
}
