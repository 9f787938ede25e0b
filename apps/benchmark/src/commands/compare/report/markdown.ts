import { markdownTable } from '../../../shared/tables/markdown-table.js';
import { bestOf } from './best.js';
import { columnsOf } from './columns.js';
import type { Comparison } from './comparison.js';
import { type ComparisonTable, entriesOf, tablesOf, titleOf } from './tables.js';

/**
 * What the columns mean.
 *
 * @param mark how the best are marked
 */
export const aboutTables = (mark: string): string[] => [
  'Every mask meets the same exact budget and is tried under every recovery, on the same text.',
  'Forward: blocks of text read without a gradient. Gradients: blocks whose gradient was computed. Seconds and peak ' +
    'memory: of choice and recovery together, without loading and measuring.',
  `${mark}: the best of each column. With several seeds: mean ± sample standard deviation.`,
];

/** The comparison as a page of Markdown. */
export function markdownPage(comparison: Comparison): string {
  const { conditions, engine, dense, missing } = comparison;
  const tables = tablesOf(comparison);
  const many = dense.length > 1;
  const best = bestOf(tables, many);
  const sections = [
    '# Methods under one budget',
    aboutTables('In bold').join(' '),
    [...conditions, `Engine: ${engine}`].map((line) => `- ${line}.`).join('\n'),
    denseTable(comparison),
    ...tables.map((table) => `## ${titleOf(table, many)}\n\n${tableOf(table)}`),
    `## Which is best?\n\n${markdownTable(best.head, best.rows)}`,
    ...(missing.length > 0 ? [`## Not measured\n\n${missing.map((line) => `- ${line}`).join('\n')}`] : []),
  ];
  return `${sections.join('\n\n')}\n`;
}

function denseTable(comparison: Comparison): string {
  const columns = columnsOf(comparison).filter(({ quality }) => quality);
  const rows = comparison.dense.map(({ model, measured, kvGroups }) => [
    model,
    ...columns.map(({ of, show }) => {
      const value = of({ measured });
      return value === undefined ? '' : show(value);
    }),
    String(kvGroups),
  ]);
  return markdownTable(['dense', ...columns.map(({ title }) => title), 'KV groups'], rows);
}

function tableOf(table: ComparisonTable): string {
  const entries = entriesOf(table);
  const rows = table.rows.map(({ method }, row) => [
    method,
    ...entries[row]!.map(({ text, best }) => (best ? `**${text}**` : text)),
  ]);
  return markdownTable(['method', ...table.columns.map(({ title }) => title)], rows);
}
