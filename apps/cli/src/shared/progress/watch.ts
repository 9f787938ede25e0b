import { setImmediate } from 'node:timers/promises';
import type { Layout } from '@grasp/budget';
import type { PruneEvent } from '@grasp/prune';
import type { Terminal } from '../terminal.js';
import { barView, lineView, type ProgressView } from './views.js';

export interface WatchOptions {
  readonly layout: Layout;
  readonly quiet?: boolean | undefined;
}

function viewFor(terminal: Terminal, { layout, quiet }: WatchOptions): ProgressView {
  if (quiet) return { show() {}, stop() {} };
  return terminal.screen ? barView(terminal.screen, layout) : lineView(terminal.note, layout);
}

/**
 * Runs a generator to its end and shows its events.
 *
 * @returns the result of the generator.
 * @throws InterruptedError if the user stops it. The generator has cleaned up by then.
 */
export async function watch<Result>(
  run: AsyncGenerator<PruneEvent, Result, undefined>,
  terminal: Terminal,
  options: WatchOptions,
): Promise<Result> {
  const view = viewFor(terminal, options);
  try {
    for (;;) {
      const next = await run.next();
      if (next.done) return next.value;
      view.show(next.value);
      // A step can resolve without leaving the microtask queue. Let signals and timers run.
      await setImmediate();
      if (terminal.signal.aborted) {
        view.stop();
        await run.return(undefined as never);
        terminal.signal.throwIfAborted();
      }
    }
  } finally {
    view.stop();
  }
}
