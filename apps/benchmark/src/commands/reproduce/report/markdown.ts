import { type Report, type TextTable, tableOf } from './report.js';

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function markdownTable({ head, rows }: TextTable): string {
  const rule = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [head, rule, ...rows].map(line).join('\n');
}

/** The report for a note or a pull request. */
export function markdownReport(report: Report): string {
  const { model, paper, engine, rows, missing } = report;
  const tables = rows.map((row) => markdownTable(tableOf(row, paper !== undefined)));
  return `${[
    `# ${model}`,
    `Engine: ${engine}.${paper === undefined ? '' : ` Paper: GRASPrune, arXiv 2604.19398, ${paper}.`} ` +
      'Perplexity exact in float32, and rounded to bfloat16 as the paper has it; the difference is of the rounded one.',
    ...tables,
    ...(missing.length > 0 ? [`Not measured:\n\n${missing.map((each) => `- ${each}`).join('\n')}`] : []),
  ].join('\n\n')}\n`;
}
