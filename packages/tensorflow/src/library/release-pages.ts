import { readFileSync, realpathSync } from 'node:fs';
import type { CApi } from '../c-api/c-api.js';

/** A run of addresses that shows a file. */
export interface Mapping {
  readonly start: bigint;
  readonly bytes: number;
}

const MADV_DONTNEED = 4;

/**
 * Gives back the pages of the libraries that only their start needed: relocations, symbol tables, code that ran once;
 * 250 of TensorFlow's 300 MB. What is used again comes back from the file by itself. Linux only; nothing elsewhere.
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
 * Those mappings of files that hold nothing but what the file does: not writable, and without a page of the process's own,
 * such as relocated ones.
 *
 * @param smaps `/proc/self/smaps`
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
