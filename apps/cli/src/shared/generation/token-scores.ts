/** Natural logarithms of probabilities, of the model itself: temperature and nucleus have no part in them. */
export interface TokenScores {
  readonly id: number;
  readonly logprob: number;
  /** The likeliest tokens in falling order. */
  readonly likeliest: readonly { readonly id: number; readonly logprob: number }[];
}

/**
 * Scores of a chosen token, and of the likeliest ones, from the logits of the whole vocabulary.
 *
 * @param count how many of the likeliest tokens
 */
export function tokenScores(logits: Float32Array, id: number, count: number): TokenScores {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
  const logprobOf = (token: number): number => logits[token]! - largest - Math.log(total);
  return {
    id,
    logprob: logprobOf(id),
    likeliest: largestOf(logits, count).map((token) => ({ id: token, logprob: logprobOf(token) })),
  };
}

/** Ids of the `count` largest logits in falling order. */
function largestOf(logits: Float32Array, count: number): number[] {
  const found: number[] = [];
  if (count === 0) return found;
  for (let id = 0; id < logits.length; id++) {
    if (found.length === count && logits[id]! <= logits[found[count - 1]!]!) continue;
    let place = found.length;
    while (place > 0 && logits[found[place - 1]!]! < logits[id]!) place--;
    found.splice(place, 0, id);
    if (found.length > count) found.pop();
  }
  return found;
}
