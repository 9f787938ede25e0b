const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** A Markdown table without a trailing newline. Columns after the first are aligned right. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [head, rule, ...rows].map(line).join('\n');
}
