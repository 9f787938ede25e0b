import { isRecordsFile } from '../records/records.js';

/**
 * Returns the files of one split of a data set, in order.
 *
 * Layouts on the hub: `CONFIG/SPLIT-00000-of-00001.parquet`, `CONFIG/SPLIT/0000.parquet`, `data/SPLIT-….parquet`,
 * `CONFIG/name-SPLIT.00000-of-00008.json.gz`.
 *
 * @param paths relative to the data set, with `/`.
 * @param config only files below a folder of this name are returned.
 */
export function splitFiles(paths: readonly string[], split: string, config?: string): string[] {
  const word = new RegExp(`(^|[-_.])${escapeRegExp(split)}([-_.]|$)`);
  return paths
    .filter((path) => {
      const folders = path.split('/');
      const file = folders.pop()!;
      if (!isRecordsFile(file) || (config !== undefined && !folders.includes(config))) return false;
      return folders.includes(split) || word.test(file);
    })
    .sort();
}

/**
 * Yields the files of one split. Where their names count them, `-00000-of-00002`, none may be missing before the caller stops.
 *
 * @throws what `missing` returns for the number of files that are there in order, and that there should be
 */
export function* withoutGaps(
  files: readonly string[],
  missing: (found: number, all: number) => Error,
): Generator<string> {
  const series = new Map<string, { next: number; found: number; all: number }>();
  for (const file of files) {
    const [counted, number, all] = /(\d{4,})-of-(\d{4,})/.exec(file) ?? [];
    if (counted !== undefined) {
      const name = file.replace(counted, '');
      const index = Number(number);
      const parts = series.get(name) ?? { next: Math.min(index, 1), found: 0, all: Number(all) };
      if (index !== parts.next) throw missing(parts.found, parts.all);
      series.set(name, { ...parts, next: index + 1, found: parts.found + 1 });
    }
    yield file;
  }
  for (const { found, all } of series.values()) if (found < all) throw missing(found, all);
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
