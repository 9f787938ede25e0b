import { InterruptedError } from './exit-codes.js';

/** Where a command's words go: results to standard output, everything else to standard error. */
export interface Terminal {
  /** A line of the result. */
  print(line: string): void;
  /** A line about the work: warnings, rare progress where nobody watches. */
  note(line: string): void;
  /** Standard error, if a person watches it: live progress may be drawn there. */
  readonly screen: NodeJS.WriteStream | undefined;
  /** Aborted with an InterruptedError when the user asks to stop. */
  readonly signal: AbortSignal;
}

/** The process's own terminal. The first Ctrl-C or SIGTERM asks to stop, the second stops. */
export function processTerminal(): Terminal {
  const controller = new AbortController();
  const stop = (signal: 'SIGINT' | 'SIGTERM') => (): void => {
    const interrupted = new InterruptedError(signal);
    if (controller.signal.aborted) process.exit(interrupted.exitCode);
    controller.abort(interrupted);
    process.stderr.write('\nStopping after this step. Once more to stop at once.\n');
  };
  // Whoever read along has left (`| head`): the work itself goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop(signal));
  return {
    print: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
    screen: process.stderr.isTTY ? process.stderr : undefined,
    signal: controller.signal,
  };
}
