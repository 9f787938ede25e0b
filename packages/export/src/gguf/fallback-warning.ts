import type { GgufFallback } from '@grasp/checkpoint';

/** Tells which rows are no whole blocks, how they are stored, and how to avoid it where pruning can. */
export function fallbackWarning(matrices: readonly GgufFallback[]): string {
  const widths = new Map<string, Set<number>>();
  for (const { name, columns } of matrices) {
    const part = name.replace(/^blk\.\d+\./, '').replace(/\.weight$/, '');
    widths.set(part, (widths.get(part) ?? new Set()).add(columns));
  }
  const parts = [...widths].map(([part, columns]) => `${part} (${listed([...columns])})`);
  const wanted = listed([...new Set(matrices.map(({ wanted }) => wanted))]);
  const stored = listed([...new Set(matrices.map(({ type }) => type))]);
  const matrix = matrices.length === 1 ? 'matrix has' : 'matrices have';
  const block = matrices.some(({ wanted }) => wanted.endsWith('_K')) ? 256 : 32;
  const advice =
    widths.has('ffn_down') && block === 256
      ? ' "grasp prune --align 256" gives the FFN such widths, so that ffn_down keeps its type.'
      : '';
  return (
    `${matrices.length} ${matrix} rows that are no multiple of ${block}: ${parts.join(', ')}. ` +
    `Stored as ${stored} instead of ${wanted}.${advice}`
  );
}

/** At most four of them. */
function listed(items: readonly (string | number)[]): string {
  return items.length > 4 ? `${items.slice(0, 3).join(', ')}, …` : items.join(', ');
}
