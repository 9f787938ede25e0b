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

/** What Linux tells of a process; undefined if it has ended, or on other systems. */
export interface ProcessTimes {
  /** Processor time, in ticks of 1/100 second. */
  readonly ticks: number;
  /** When it started, which tells it from another process with its number. */
  readonly started: string;
}

export async function processTimes(pid: number): Promise<ProcessTimes | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')')).split(' '); // the name before that may hold spaces
  const started = fields[20];
  return started === undefined ? undefined : { ticks: Number(fields[12]) + Number(fields[13]), started };
}
