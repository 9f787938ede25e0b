import type { TokenBatch } from './token-batch.js';

/** One context and the endings that may follow it, each at least one token. */
export interface ContinuationGroup {
  readonly context: Int32Array;
  readonly continuations: readonly Int32Array[];
}

/** Contexts of one length with all their endings, the endings padded to one length. */
export interface ContinuationBatch {
  readonly contexts: TokenBatch;
  /** `[E, L]`, padded on the right with the ending's own last token. */
  readonly endings: TokenBatch;
  /** For each ending, which row of the contexts it continues. */
  readonly contextOf: Int32Array;
  /** For each ending, where it came from, and its length before padding. */
  readonly sources: readonly { readonly group: number; readonly ending: number; readonly length: number }[];
}

/** Groups by the length of their context. */
export function batchesByContext(groups: readonly ContinuationGroup[]): ContinuationBatch[] {
  const byLength = new Map<number, number[]>();
  for (const [index, { context }] of groups.entries()) {
    byLength.set(context.length, [...(byLength.get(context.length) ?? []), index]);
  }
  return [...byLength].map(([length, members]) => {
    const contexts = new Int32Array(members.length * length);
    const sources: { group: number; ending: number; length: number }[] = [];
    const contextOf: number[] = [];
    for (const [row, group] of members.entries()) {
      contexts.set(groups[group]!.context, row * length);
      for (const [ending, ids] of groups[group]!.continuations.entries()) {
        sources.push({ group, ending, length: ids.length });
        contextOf.push(row);
      }
    }
    const longest = Math.max(...sources.map((source) => source.length));
    const endings = new Int32Array(sources.length * longest);
    for (const [row, source] of sources.entries()) {
      const ids = groups[source.group]!.continuations[source.ending]!;
      endings.fill(ids[ids.length - 1]!, row * longest, (row + 1) * longest);
      endings.set(ids, row * longest);
    }
    return {
      contexts: { ids: contexts, shape: [members.length, length] },
      endings: { ids: endings, shape: [sources.length, longest] },
      contextOf: Int32Array.from(contextOf),
      sources,
    };
  });
}

/** Adds up each ending's log-likelihood from the padded `[E, L]` negative ones. */
export function addScores(
  batch: ContinuationBatch,
  nll: Float32Array,
  scores: readonly Float64Array[],
): void {
  const longest = batch.endings.shape[1];
  for (const [row, { group, ending, length }] of batch.sources.entries()) {
    let sum = 0;
    for (let t = 0; t < length; t++) sum -= nll[row * longest + t]!;
    scores[group]![ending] = sum;
  }
}
