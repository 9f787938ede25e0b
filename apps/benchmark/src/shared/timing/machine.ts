import { readdirSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

/** Where NVIDIA's driver tells of its GPUs, a folder each. */
const GPUS = '/proc/driver/nvidia/gpus';

/** Names of the NVIDIA GPUs that the machine has. */
export function gpuNames(folder = GPUS): string[] {
  try {
    return readdirSync(folder).flatMap(
      (gpu) =>
        /^Model:\s*(.+)$/m.exec(readFileSync(join(folder, gpu, 'information'), 'utf8'))?.[1]?.trim() ?? [],
    );
  } catch {
    return []; // no driver, no GPU
  }
}

/** Processor, threads, memory, GPUs and Node in one line for a report. */
export function describeMachine(threads: number): string {
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB of memory`;
  return [processor, `${threads} threads`, memory, ...gpuNames(), `Node ${process.version}`].join(', ');
}
