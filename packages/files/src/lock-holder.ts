import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { codeOf } from './errors.js';
import { parseJson } from './parse-json.js';

/** The content of a lock file: the process that holds the lock. */
export interface Holder {
  readonly host: string;
  readonly pid: number;
  /** When the process started, because ids are used again. Null where the system does not tell. */
  readonly started: string | null;
  /** Whether the holder touches the file while it works. */
  readonly heartbeat: boolean;
}

/** This process, as the holder of a lock. */
export async function thisProcess(): Promise<Omit<Holder, 'heartbeat'>> {
  return { host: hostname(), pid: process.pid, started: await startOf(process.pid) };
}

/** Parses a lock file. Undefined if it is not one of ours. */
export function parseHolder(text: string): Holder | undefined {
  try {
    const { host, pid, started, heartbeat } = parseJson(text) as Record<string, unknown>;
    if (typeof host !== 'string' || !Number.isSafeInteger(pid)) return undefined;
    return {
      host,
      pid: pid as number,
      started: typeof started === 'string' ? started : null,
      heartbeat: heartbeat === true,
    };
  } catch {
    return undefined;
  }
}

/** Whether the holder is, or was, a process of this machine. */
export const isHere = ({ host }: Holder): boolean => host === hostname();

/** Whether the holder runs. True for another machine, where nothing can be looked up. */
export async function isRunning(holder: Holder): Promise<boolean> {
  if (!isHere(holder)) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return false;
  }
  return holder.started === null || holder.started === (await startOf(holder.pid));
}

/** Boot and start time of a process on Linux. Null elsewhere. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const [boot, stat] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ]);
    // Field 22, counted after the command name, which may contain spaces and parentheses.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${boot.trim()} ${ticks}`;
  } catch {
    return null;
  }
}
