import { setImmediate } from 'node:timers/promises';
import { writeError } from '@grasp/files';
import { InterruptedError } from './exit-codes.js';

/** Input and output of a command. Results go to standard output, everything else to standard error. */
export interface Terminal {
  /** Prints a line of the result. */
  print(line: string): void;
  /** Prints a part of the result, without a line break. */
  write(text: string): void;
  /** Prints a line about the work, such as a warning, to standard error. */
  note(line: string): void;
  /** Waits until standard output has taken everything. @throws FileWriteError if it cannot, as on a full disk. */
  flush(): Promise<void>;
  /** Standard error if it is a terminal that can move its cursor, for live progress. */
  readonly screen: NodeJS.WriteStream | undefined;
  /** Width of standard output in cells, if it is a terminal. */
  readonly width: number | undefined;
  /** Standard input. */
  readonly input: NodeJS.ReadableStream;
  /** Aborted with an InterruptedError on the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Makes Ctrl-C call `handler` instead of stopping. Returns a function that undoes this. */
  onInterrupt(handler: () => void): () => void;
}

/** The terminal of this process. The first Ctrl-C or SIGTERM stops after the current step, the second at once. */
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
    process.stderr.write('\nStopping after this step. Press Ctrl-C again to stop now.\n');
  };
  let failure: Error | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that leaves (`| head`) does not end the work.
    if (error.code !== 'EPIPE') failure ??= error;
  });
  process.stderr.on('error', () => {});
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop(signal));
  return {
    print: (line) => void process.stdout.write(`${line}\n`),
    write: (text) => void process.stdout.write(text),
    async flush() {
      await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
      await setImmediate(); // errors of a write are told in the next tick
      if (failure) throw writeError('standard output', failure);
    },
    note: (line) => void process.stderr.write(`${line}\n`),
    screen: process.stderr.isTTY && process.env.TERM !== 'dumb' ? process.stderr : undefined,
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
