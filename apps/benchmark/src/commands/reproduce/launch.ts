import type { DistributeOptions } from './jobs/distribute.js';
import { reproduceElsewhere } from './jobs/reproduce-elsewhere.js';
import { LauncherError } from './launchers/launcher.js';
import type { ReproduceOptions } from './plan/run-context.js';
import { textReport, writeReport } from './report/write-report.js';

/**
 * Reproduces with a launcher, writes the report and prints it. On Ctrl-C, stops waiting and sets the exit code 130; the
 * submitted tasks continue.
 *
 * @throws LauncherError if steps failed too often.
 */
export async function launch(
  options: ReproduceOptions,
  launching: Pick<DistributeOptions, 'launcher' | 'retries' | 'pollSeconds'>,
): Promise<void> {
  const commandOf = (step: string) => [
    ...[process.execPath, ...process.execArgv],
    ...[...process.argv.slice(1), '--step', step],
  ];
  const interrupt = new AbortController();
  const stop = () => interrupt.abort();
  process.once('SIGINT', stop);
  try {
    const { report, failed } = await reproduceElsewhere(options, {
      ...launching,
      commandOf,
      signal: interrupt.signal,
    });
    await writeReport(report, options.out);
    console.log(`${textReport(report)}\nWritten to ${options.out}`);
    if (failed.length === 0) return;
    throw new LauncherError(
      `${failed.length} of the steps failed too often. Run the same command to try them again.`,
    );
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    process.exitCode = 130;
  } finally {
    process.off('SIGINT', stop);
  }
}
