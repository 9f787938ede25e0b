export interface Sampling {
  /** Higher is more varied; 0 always takes the likeliest token. */
  readonly temperature: number;
  /** Total probability of the likeliest tokens that are considered. */
  readonly topP: number;
}

/**
 * Samples the next token: softmax at a temperature, restricted to the nucleus (Holtzman et al., arXiv 1904.09751).
 *
 * @param logits one per token of the vocabulary.
 * @param uniform a random number from [0, 1).
 * @returns the token's id.
 */
export function sampleToken(logits: Float32Array, { temperature, topP }: Sampling, uniform: number): number {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  if (temperature === 0) return logits.indexOf(largest);
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - largest) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // All tokens below this floor have less than 1 − topP in total, so none is in the nucleus. Few are left to sort.
  const floor = ((1 - topP) * total) / weights.length;
  const ranked: number[] = [];
  for (let id = 0; id < weights.length; id++) if (weights[id]! >= floor) ranked.push(id);
  ranked.sort((a, b) => weights[b]! - weights[a]!);
  let mass = 0;
  let count = 0;
  while (count < ranked.length && (count === 0 || mass < topP * total)) mass += weights[ranked[count++]!]!;
  let left = uniform * mass;
  for (const id of ranked.slice(0, count)) {
    left -= weights[id]!;
    if (left < 0) return id;
  }
  return ranked[count - 1]!; // rounding left a remainder
}
