import type { DistributeOptions } from './distribute.js';
import { LauncherError } from './launchers/launcher.js';
import { onInterrupt } from './on-interrupt.js';

/** How work is given to a launcher: what the options of a command say. */
export type Launching = Pick<DistributeOptions, 'launcher' | 'retries' | 'pollSeconds'>;

/**
 * Calls `work` with a launcher's options. On Ctrl-C, stops waiting and sets the exit code 130; tasks that
 * were submitted elsewhere continue.
 *
 * @param work distributes its steps, each run by this program with `--step NAME` added, shows its report, and returns one
 *   line for each step that failed too often.
 * @throws LauncherError if steps failed too often.
 */
export async function launch(
  launching: Launching,
  work: (options: Omit<DistributeOptions, 'folder' | 'say'>) => Promise<readonly string[]>,
): Promise<void> {
  const commandOf = (step: string) => [
    ...[process.execPath, ...process.execArgv],
    ...[...process.argv.slice(1), '--step', step],
  ];
  const interrupt = new AbortController();
  const ignore = onInterrupt(() => {
    interrupt.abort();
    launching.launcher.stop?.();
  });
  try {
    const failed = await work({ ...launching, commandOf, signal: interrupt.signal });
    if (failed.length === 0) return;
    throw new LauncherError(
      `${failed.length} of the steps failed too often. Run the same command to try them again.`,
    );
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    process.exitCode = 130;
  } finally {
    ignore();
  }
}
