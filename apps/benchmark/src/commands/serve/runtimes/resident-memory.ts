import { readFile } from 'node:fs/promises';
import { processTree } from './process-tree.js';

/**
 * Resident bytes of a process and of its descendants. Pages that several processes share count once (Linux' PSS, which is
 * smaller if others use the same files). Undefined on other systems.
 */
export async function residentBytes(pid: number): Promise<number | undefined> {
  const sizes = (await Promise.all((await processTree(pid)).map(proportionalBytes))).filter(
    (bytes) => bytes !== undefined,
  );
  return sizes.length === 0 ? undefined : sizes.reduce((a, b) => a + b);
}

async function proportionalBytes(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  return kibibytes === undefined ? undefined : 1024 * Number(kibibytes);
}
