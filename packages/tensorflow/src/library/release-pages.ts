import { readFileSync, realpathSync } from 'node:fs';
import type { CApi } from '../c-api/c-api.js';

/** A range of addresses that maps a file. */
export interface Mapping {
  readonly start: bigint;
  readonly bytes: number;
}

const MADV_DONTNEED = 4;

/**
 * Releases the memory of library pages, about 250 of 300 MB. Most were needed only for loading: relocations, symbol
 * tables, code that ran once. The kernel reads a page from its file again when it is used. Does nothing outside Linux.
 */
export function releaseLibraryPages(c: CApi, files: readonly string[]): void {
  let maps: string;
  try {
    maps = readFileSync('/proc/self/smaps', 'utf8');
  } catch {
    return;
  }
  const paths = files.map((file) => realpathSync(file));
  for (const { start, bytes } of unchangedMappings(maps, paths)) c.madvise(start, bytes, MADV_DONTNEED);
}

/**
 * The mappings of files whose pages all equal the file: not writable, and without modified pages, such as relocations.
 *
 * @param smaps content of `/proc/self/smaps`
 */
export function unchangedMappings(smaps: string, files: readonly string[]): Mapping[] {
  const found: Mapping[] = [];
  let current: Mapping | undefined;
  for (const line of smaps.split('\n')) {
    const header = /^([0-9a-f]+)-([0-9a-f]+) r-.p \S+ \S+ \d+ +(.*)$/.exec(line);
    if (header) {
      const [start, end] = [BigInt(`0x${header[1]}`), BigInt(`0x${header[2]}`)];
      current = files.includes(header[3]!) ? { start, bytes: Number(end - start) } : undefined;
    } else if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) {
      current = undefined;
    } else if (current && /^Anonymous: +0 kB$/.test(line)) {
      found.push(current);
    }
  }
  return found;
}
