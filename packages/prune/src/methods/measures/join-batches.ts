import type { TokenBatch } from '@grasp/decoder';

/** Tokens of a joined batch, unless one alone has more: enough to keep the cores busy. */
const TOKENS = 2048;

/** Consecutive batches of equal length as one. */
export function* joinBatches(batches: Iterable<TokenBatch>): Generator<TokenBatch, void> {
  let some: TokenBatch[] = [];
  let tokens = 0;
  for (const batch of batches) {
    const fits = some[0]?.shape[1] === batch.shape[1] && tokens + batch.ids.length <= TOKENS;
    if (some.length > 0 && !fits) {
      yield joined(some);
      some = [];
      tokens = 0;
    }
    some.push(batch);
    tokens += batch.ids.length;
  }
  if (some.length > 0) yield joined(some);
}

function joined(batches: readonly TokenBatch[]): TokenBatch {
  const length = batches[0]!.shape[1];
  const ids = new Int32Array(batches.reduce((sum, batch) => sum + batch.ids.length, 0));
  let at = 0;
  for (const batch of batches) {
    ids.set(batch.ids, at);
    at += batch.ids.length;
  }
  return { ids, shape: [ids.length / length, length] };
}
