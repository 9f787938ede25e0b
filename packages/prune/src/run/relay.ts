/** Ends the work of a consumer that has left. Nobody sees it. */
class LeftError extends Error {
  override readonly name = 'LeftError';
}

/**
 * Runs `work` and yields the values that it emits: a callback becomes a `yield` of a generator. Returns the result of
 * `work`. If the consumer leaves early, the next `emit` throws, and the consumer waits until `work` has ended: it has
 * released what it holds by then.
 */
export async function* relay<Item, Result>(
  work: (emit: (item: Item) => void) => Promise<Result>,
): AsyncGenerator<Item, Result, undefined> {
  const waiting: Item[] = [];
  let wake = (): void => {};
  let running = true;
  let left = false;
  const result = work((item) => {
    if (left) throw new LeftError('The consumer has left.');
    waiting.push(item);
    wake();
  }).finally(() => {
    running = false;
    wake();
  });
  // Awaited below; until then a failure is not unhandled.
  result.catch(() => {});
  try {
    while (running || waiting.length > 0) {
      const item = waiting.shift();
      if (item !== undefined) yield item;
      else if (running) await new Promise<void>((resolve) => (wake = resolve));
    }
    return await result;
  } finally {
    left = true;
    await result.catch(() => {});
  }
}
