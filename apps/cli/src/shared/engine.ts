import { type BackendName, type Engine, openEngine } from '@grasp/prune';
import type { OnProgress } from '@grasp/tensorflow';
import { byteView } from './progress/byte-view.js';
import type { Terminal } from './terminal.js';

const labels = { download: 'downloading TensorFlow', verify: 'verifying it', extract: 'unpacking it' };

/** Flags that select the engine. */
export interface EngineFlags {
  readonly backend?: BackendName | undefined;
  readonly threads?: number | undefined;
  /** Bytes. */
  readonly gpuMemory?: number | undefined;
  /** Addresses, separated by commas. */
  readonly workers?: string | undefined;
  /** Show no progress. */
  readonly quiet?: boolean | undefined;
}

/** Opens the engine for a command. Shows the download on first use, and a warning if WASM is used instead. */
export async function openEngineFor(
  terminal: Terminal,
  { workers, quiet, ...options }: EngineFlags = {},
): Promise<Engine> {
  const open = (opening: Opening) =>
    openEngine({
      ...options,
      ...opening,
      workers: workers?.split(',').map((address) => address.trim()),
      onWarning: terminal.note,
    });
  return openingView(terminal, open, quiet);
}

interface Opening {
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

/** Shows the download of TensorFlow while `open` runs, unless quiet. */
export async function openingView<Result>(
  terminal: Terminal,
  open: (options: Opening) => Promise<Result>,
  quiet = false,
): Promise<Result> {
  const view = byteView(terminal);
  try {
    return await open({
      onProgress: ({ stage, done, total }) => {
        if (!quiet) view.show(labels[stage], done, total);
      },
      signal: terminal.signal,
    });
  } finally {
    view.stop();
  }
}
