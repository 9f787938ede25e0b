/**
 * Calls `stop` when the process gets a signal, until the returned function is called.
 *
 * The listener stays after it was called: signal-exit, which comes with dependencies, kills a process that has no listener of
 * its own left.
 */
export function onInterrupt(stop: () => void, signals: readonly NodeJS.Signals[] = ['SIGINT']): () => void {
  for (const signal of signals) process.on(signal, stop);
  return () => {
    for (const signal of signals) process.off(signal, stop);
  };
}
