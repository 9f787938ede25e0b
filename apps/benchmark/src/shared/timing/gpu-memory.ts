import { execa } from 'execa';

/** Bytes of GPU memory that the driver counts to a process, its allocator's reserve included; 0 where it cannot be asked. */
export async function gpuBytesOf(pid: number | undefined): Promise<number> {
  const query = ['--query-compute-apps=pid,used_gpu_memory', '--format=csv,noheader,nounits'];
  const { stdout, failed } = await execa('nvidia-smi', query, { reject: false });
  return failed ? 0 : usedBytes(stdout, pid);
}

/** A line a process: its number, and MiB. Several GPUs give it several lines. */
export function usedBytes(lines: string, pid: number | undefined): number {
  const used = lines
    .split('\n')
    .map((line) => line.split(',').map(Number))
    .filter(([of, mebibytes = Number.NaN]) => of === pid && !Number.isNaN(mebibytes));
  return used.reduce((sum, [, mebibytes = 0]) => sum + mebibytes * 2 ** 20, 0);
}
