import { cpus, totalmem } from 'node:os';

/** Processor, threads, memory and Node in one line for a report. */
export function describeMachine(threads: number): string {
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${processor}, ${threads} threads, ${(totalmem() / 2 ** 30).toFixed(0)} GiB of memory, Node ${process.version}`;
}
