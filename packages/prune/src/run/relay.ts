/**
 * Runs `work` and yields the values that it emits: a callback becomes a `yield` of a generator. Returns the result of
 * `work`. A consumer that leaves early waits for `work` to end.
 */
export async function* relay<Item, Result>(
  work: (emit: (item: Item) => void) => Promise<Result>,
): AsyncGenerator<Item, Result, undefined> {
  const waiting: Item[] = [];
  let wake = (): void => {};
  let running = true;
  const result = work((item) => {
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
    await result.catch(() => {});
  }
}
