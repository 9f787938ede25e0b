import { type BackendName, type Engine, openEngine } from '@grasp/prune';
import type { OnProgress } from '@grasp/tensorflow';
import { byteView } from './progress/byte-view.js';
import type { Terminal } from './terminal.js';

const labels = { download: 'fetching TensorFlow', verify: 'checking it', extract: 'unpacking it' };

/** What a command line says of the engine. */
export interface EngineFlags {
  readonly backend?: BackendName | undefined;
  readonly threads?: number | undefined;
  /** Bytes. */
  readonly gpuMemory?: number | undefined;
  /** Addresses with commas between. */
  readonly workers?: string | undefined;
}

/** Opens the engine for a command: fetched with progress on first use, with one warning where WASM has to serve. */
export async function openEngineFor(
  terminal: Terminal,
  { workers, ...options }: EngineFlags = {},
): Promise<Engine> {
  return openingView(terminal, (opening) =>
    openEngine({
      ...options,
      ...opening,
      workers: workers?.split(',').map((address) => address.trim()),
      onWarning: terminal.note,
    }),
  );
}

/** Shows how TensorFlow is fetched, while something opens it. */
export async function openingView<Result>(
  terminal: Terminal,
  open: (options: { readonly onProgress: OnProgress; readonly signal: AbortSignal }) => Promise<Result>,
): Promise<Result> {
  const view = byteView(terminal);
  try {
    return await open({
      onProgress: ({ stage, done, total }) => view.show(labels[stage], done, total),
      signal: terminal.signal,
    });
  } finally {
    view.stop();
  }
}
