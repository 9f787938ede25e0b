import type { TextTable } from '../../../shared/tables/text-table.js';
import { type ComparisonTable, statisticOf } from './tables.js';

const OURS = 'grasp+';

/** For each table and each measure of quality: the best method, and where grasp+ stands if it was compared. */
export function bestOf(tables: readonly ComparisonTable[], many: boolean): TextTable {
  const compared = tables.some(({ rows }) => rows.some(({ method }) => method === OURS));
  const rows = tables.flatMap(({ model, keep, recovery, columns, rows }) =>
    columns
      .filter(({ quality }) => quality)
      .flatMap((column) => {
        const ranked = rows
          .flatMap(({ method, runs }) => {
            const mean = statisticOf(column, runs)?.mean;
            return mean === undefined ? [] : [{ method, mean }];
          })
          .sort((a, b) => (column.better === 'higher' ? b.mean - a.mean : a.mean - b.mean));
        const [first] = ranked;
        if (!first) return [];
        const place = ranked.findIndex(({ method }) => method === OURS);
        const ours =
          place < 0 ? ['', ''] : [column.show(ranked[place]!.mean), `${place + 1} of ${ranked.length}`];
        const where = `${many ? `${model}, ` : ''}keep ${keep}, ${recovery.name}`;
        return [
          [where, column.title, `${first.method} ${column.show(first.mean)}`, ...(compared ? ours : [])],
        ];
      }),
  );
  const head = ['masks and recovery', 'measure', 'best', ...(compared ? [OURS, `place of ${OURS}`] : [])];
  return { head, rows };
}
