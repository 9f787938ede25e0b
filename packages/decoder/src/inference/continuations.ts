import * as tf from '@tensorflow/tfjs-core';
import { DecoderInputError } from '../errors.js';
import type { VisibleKeys } from '../layers/sublayer.js';
import type { DecoderConfig } from '../spec/config.js';
import { checkBatch, type TokenBatch } from '../token-batch.js';

/** One context and the endings that may follow it, each at least one token. */
export interface ContinuationGroup {
  readonly context: Int32Array;
  readonly continuations: readonly Int32Array[];
}

/**
 * One row per group: its context once, then its endings one after another, each continuing the context as if it were
 * alone. `B` rows padded to `T` tokens, and the `M` tokens of all endings to be predicted.
 */
export interface ContinuationBatch {
  readonly tokens: TokenBatch;
  /** Position of each token in its own text, `[B·T]`. */
  readonly positions: Int32Array;
  /** 0 if a token may see another, a large negative number if not, `[B, T, T]`. */
  readonly visible: Float32Array;
  /** For each ending token, the place in `[B·T]` whose hidden state predicts it, and its id: `[M]` each. */
  readonly predictors: Int32Array;
  readonly targets: Int32Array;
}

const HIDDEN = -1e9;

/** The last token of an ending is only predicted, so it takes no place in the row. */
const lengthOf = ({ context, continuations }: ContinuationGroup): number =>
  continuations.reduce((length, ending) => length + ending.length - 1, context.length);

/** @throws DecoderInputError if an id is out of range, or a context with an ending exceeds the model's context. */
export function checkGroup(config: DecoderConfig, { context, continuations }: ContinuationGroup): void {
  for (const ids of [context, ...continuations]) checkBatch(config, { ids, shape: [1, ids.length] }, 1);
  const longest = Math.max(...continuations.map(({ length }) => length));
  if (context.length + longest - 1 > config.contextLength) {
    throw new DecoderInputError(
      `A context of ${context.length} tokens with an ending of ${longest} exceeds the model's context of ` +
        `${config.contextLength}.`,
    );
  }
}

/** What the tokens of a batch may see, for each window of attention: `[B, T, T]`. Made once for each window. */
export function visibleKeys({ tokens, positions, visible }: ContinuationBatch): VisibleKeys {
  const [B, T] = tokens.shape;
  const masks = new Map<number | undefined, tf.Tensor>();
  return (window) => {
    const made = masks.get(window) ?? tf.tensor3d(within(window, positions, visible, T), [B, T, T]);
    masks.set(window, made);
    return made;
  };
}

/** Hides the keys that lie before a window. */
function within(
  window: number | undefined,
  positions: Int32Array,
  visible: Float32Array,
  T: number,
): Float32Array {
  if (window === undefined) return visible;
  return visible.map((value, at) => {
    const query = Math.floor(at / T);
    const key = query - (query % T) + (at % T);
    return positions[query]! - positions[key]! < window ? value : HIDDEN;
  });
}

export function continuationBatch(groups: readonly ContinuationGroup[]): ContinuationBatch {
  const [B, T] = [groups.length, Math.max(...groups.map(lengthOf))];
  const ids = new Int32Array(B * T);
  const positions = new Int32Array(B * T);
  const visible = new Float32Array(B * T * T).fill(HIDDEN);
  const predictors: number[] = [];
  const targets: number[] = [];
  for (const [row, { context, continuations }] of groups.entries()) {
    const C = context.length;
    /** Puts a run of tokens at `start`. Each sees the context and the run up to itself. */
    const place = (run: Int32Array, start: number, position: number) => {
      ids.set(run, row * T + start);
      for (let i = 0; i < run.length; i++) {
        const at = row * T + start + i;
        positions[at] = position + i;
        if (start > 0) visible.fill(0, at * T, at * T + C);
        visible.fill(0, at * T + start, at * T + start + i + 1);
      }
    };
    place(context, 0, 0);
    let start = C;
    for (const ending of continuations) {
      place(ending.subarray(0, -1), start, C);
      for (const [i, id] of ending.entries()) {
        predictors.push(row * T + (i === 0 ? C - 1 : start + i - 1));
        targets.push(id);
      }
      start += ending.length - 1;
    }
  }
  return {
    tokens: { ids, shape: [B, T] },
    positions,
    visible,
    predictors: Int32Array.from(predictors),
    targets: Int32Array.from(targets),
  };
}

/** The log-likelihood of each ending, from the negative ones of all tokens. */
export function endingScores(groups: readonly ContinuationGroup[], nll: Float32Array): Float64Array[] {
  let at = 0;
  return groups.map(({ continuations }) =>
    Float64Array.from(continuations, (ending) => {
      const end = at + ending.length;
      let sum = 0;
      while (at < end) sum -= nll[at++]!;
      return sum;
    }),
  );
}
