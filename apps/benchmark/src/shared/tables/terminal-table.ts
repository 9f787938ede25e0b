import CliTable from 'cli-table3';

/** Draws a table for the terminal. Columns after the first are aligned right if `numeric` is set. */
export function terminalTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  { numeric = false }: { readonly numeric?: boolean } = {},
): string {
  const table = new CliTable({
    head: [...head],
    ...(numeric ? { colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')) } : {}),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push([...row]);
  return table.toString();
}
