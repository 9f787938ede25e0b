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

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
