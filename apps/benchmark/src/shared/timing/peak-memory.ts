import { readFile, writeFile } from 'node:fs/promises';

/**
 * Starts a new measurement of this process's peak memory. Memory that it still holds counts; a process of its own for each
 * measurement holds least. On systems other than Linux the peak is that of the whole process.
 */
export async function resetPeakMemory(): Promise<void> {
  await writeFile('/proc/self/clear_refs', '5').catch(() => {}); // Linux: sets VmHWM to what is resident now
}

/** Peak resident memory since {@link resetPeakMemory}, in bytes. */
export async function peakMemory(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return 1024 * (kibibytes === undefined ? process.resourceUsage().maxRSS : Number(kibibytes));
}
