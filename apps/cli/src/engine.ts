import { type BackendName, type Engine, openEngine } from '@grasp/prune';
import { SingleBar } from 'cli-progress';
import { formatBytes } from './format.js';
import type { Terminal } from './terminal.js';

type Progress = Parameters<NonNullable<NonNullable<Parameters<typeof openEngine>[0]>['onProgress']>>[0];

const labels = { download: 'fetching TensorFlow', verify: 'checking it', extract: 'unpacking it' };

/** Tells a person what is fetched: a bar where one watches, a line for each stage elsewhere. */
function fetchView(terminal: Terminal) {
  const bar =
    terminal.screen &&
    new SingleBar({
      stream: terminal.screen,
      format: '{label} {bar} {percentage}%',
      clearOnComplete: true,
      hideCursor: true,
    });
  let stage: Progress['stage'] | undefined;
  return {
    show({ stage: now, done, total }: Progress) {
      const label = labels[now];
      if (now !== stage) {
        stage = now;
        if (bar) bar.start(total, done, { label });
        else terminal.note(`${label} (${formatBytes(total)})`);
      }
      bar?.update(done, { label });
    },
    stop: () => bar?.stop(),
  };
}

/** Opens the engine for a command: fetched with progress on first use, with one warning where WASM has to serve. */
export async function openEngineFor(
  terminal: Terminal,
  options: { readonly backend?: BackendName | undefined; readonly threads?: number | undefined } = {},
): Promise<Engine> {
  const view = fetchView(terminal);
  try {
    return await openEngine({
      ...options,
      onProgress: view.show,
      onWarning: terminal.note,
      signal: terminal.signal,
    });
  } finally {
    view.stop();
  }
}
