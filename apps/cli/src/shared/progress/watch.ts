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
 * Runs a generator to its end, shows its events, and returns its result.
 *
 * @throws InterruptedError when the user asked to stop; the generator has cleaned up by then.
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
      // A step may resolve without leaving the microtask queue: let signals and timers have their turn.
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
