import { execa } from 'execa';

/** GPU memory of a process in bytes, including memory that its allocator reserves. 0 if the driver cannot be queried. */
export async function gpuBytesOf(pid: number | undefined): Promise<number> {
  const query = ['--query-compute-apps=pid,used_gpu_memory', '--format=csv,noheader,nounits'];
  const { stdout, failed } = await execa('nvidia-smi', query, { reject: false });
  return failed ? 0 : usedBytes(stdout, pid);
}

/** Sums the memory of a process over lines `PID, MiB`. A process has one line per GPU. */
export function usedBytes(lines: string, pid: number | undefined): number {
  const used = lines
    .split('\n')
    .map((line) => line.split(',').map(Number))
    .filter(([each, mebibytes = Number.NaN]) => each === pid && !Number.isNaN(mebibytes));
  return used.reduce((sum, [, mebibytes = 0]) => sum + mebibytes * 2 ** 20, 0);
}
