/** The rows of every table with this first line, as trimmed cells. Throws if there is no such table. */
export function tablesIn(markdown: string, head: string): string[][] {
  const lines = markdown.split('\n');
  const starts = lines.flatMap((line, at) => (line === head ? [at + 2] : []));
  if (starts.length === 0) throw new Error(`No table begins with "${head}".`);
  return starts.flatMap((start) => {
    const rows: string[][] = [];
    for (let at = start; lines[at]?.startsWith('|'); at++) rows.push(cellsOf(lines[at]!));
    return rows;
  });
}

const cellsOf = (row: string): string[] =>
  row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The contents of inline code. */
export const codeIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);

/** The targets of links, without their anchors. */
export const linksIn = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target!);
