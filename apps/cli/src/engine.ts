import { type BackendName, type Engine, openEngine } from '@grasp/prune';
import { byteView } from './progress/byte-view.js';
import type { Terminal } from './terminal.js';

const labels = { download: 'fetching TensorFlow', verify: 'checking it', extract: 'unpacking it' };

/** Opens the engine for a command: fetched with progress on first use, with one warning where WASM has to serve. */
export async function openEngineFor(
  terminal: Terminal,
  options: { readonly backend?: BackendName | undefined; readonly threads?: number | undefined } = {},
): Promise<Engine> {
  const view = byteView(terminal);
  try {
    return await openEngine({
      ...options,
      onProgress: ({ stage, done, total }) => view.show(labels[stage], done, total),
      onWarning: terminal.note,
      signal: terminal.signal,
    });
  } finally {
    view.stop();
  }
}
