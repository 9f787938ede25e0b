import { InterruptedError } from './exit-codes.js';

/** Where a command's words go: results to standard output, everything else to standard error. */
export interface Terminal {
  /** A line of the result. */
  print(line: string): void;
  /** A part of the result that goes on. */
  write(text: string): void;
  /** A line about the work: warnings, rare progress where nobody watches. */
  note(line: string): void;
  /** Standard error, if a person watches it: live progress may be drawn there. */
  readonly screen: NodeJS.WriteStream | undefined;
  /** Cells in a line of standard output, if a person watches it. */
  readonly width: number | undefined;
  /** What a person types, or a file. */
  readonly input: NodeJS.ReadableStream;
  /** Aborted with an InterruptedError when the user asks to stop. */
  readonly signal: AbortSignal;
  /** Has Ctrl-C call `handler` instead of asking to stop, until what this returns is called. */
  onInterrupt(handler: () => void): () => void;
}

/** The process's own terminal. The first Ctrl-C or SIGTERM asks to stop, the second stops. */
export function processTerminal(): Terminal {
  const controller = new AbortController();
  let interrupt: (() => void) | undefined;
  const stop = (signal: 'SIGINT' | 'SIGTERM') => (): void => {
    if (signal === 'SIGINT' && interrupt) {
      interrupt();
      return;
    }
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
    write: (text) => void process.stdout.write(text),
    note: (line) => void process.stderr.write(`${line}\n`),
    screen: process.stderr.isTTY ? process.stderr : undefined,
    get width() {
      return process.stdout.isTTY ? process.stdout.columns : undefined;
    },
    input: process.stdin,
    signal: controller.signal,
    onInterrupt(handler) {
      interrupt = handler;
      return () => {
        interrupt = undefined;
      };
    },
  };
}
