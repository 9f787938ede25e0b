import { readdirSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { formatItems } from '@grasp/report/format';

/** Folder in which NVIDIA's driver describes its GPUs, one subfolder each. */
const GPUS = '/proc/driver/nvidia/gpus';

/** Names of the NVIDIA GPUs of this machine. */
export function gpuNames(folder = GPUS): string[] {
  try {
    return readdirSync(folder).flatMap(
      (gpu) =>
        /^Model:\s*(.+)$/m.exec(readFileSync(join(folder, gpu, 'information'), 'utf8'))?.[1]?.trim() ?? [],
    );
  } catch {
    return []; // without a driver there is no GPU
  }
}

/** Describes the machine in one line: processor, threads, memory, GPUs, Node. */
export function describeMachine(threads: number): string {
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB of memory`;
  return [processor, formatItems(threads, 'thread'), memory, ...gpuNames(), `Node ${process.version}`].join(
    ', ',
  );
}
