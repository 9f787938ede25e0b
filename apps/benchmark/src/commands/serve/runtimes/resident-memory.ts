import { readdir, readFile } from 'node:fs/promises';

/** A process and all that it started, and they started. Linux; elsewhere the process alone. */
export async function processTree(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch((): string[] => []);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  );
  const children = lists.join(' ').split(/\s+/).filter(Boolean).map(Number);
  return [pid, ...(await Promise.all(children.map(processTree))).flat()];
}

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
