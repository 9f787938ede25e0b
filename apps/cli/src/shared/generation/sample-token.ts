export interface Sampling {
  /** Higher is more varied; 0 always takes the likeliest token. */
  readonly temperature: number;
  /** Total probability of the likeliest tokens that are considered. */
  readonly topP: number;
  /** Number of the likeliest tokens that are considered. Default: all. */
  readonly topK?: number | undefined;
  /** Least probability of the tokens that are considered, relative to that of the likeliest token. Default: 0. */
  readonly minP?: number | undefined;
}

/**
 * Samples the next token: softmax at a temperature, restricted by min-p (Nguyen et al., arXiv 2407.01082), to the `topK`
 * likeliest tokens, and to the nucleus of what is left (Holtzman et al., arXiv 1904.09751), in the order of vLLM.
 *
 * @param logits one per token of the vocabulary.
 * @param uniform a random number from [0, 1).
 * @returns the token's id.
 */
export function sampleToken(
  logits: Float32Array,
  { temperature, topP, topK = logits.length, minP = 0 }: Sampling,
  uniform: number,
): number {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  if (temperature === 0) return logits.indexOf(largest);
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - largest) / temperature)); // at most 1
  const byWeight = (a: number, b: number) => weights[b]! - weights[a]!;
  const restricted = topK < weights.length;
  const least = Math.max(minP, restricted ? weights.slice().sort().at(-topK)! : 0);
  let candidates: number[] = [];
  for (let id = 0; id < weights.length; id++) if (weights[id]! >= least) candidates.push(id);
  if (restricted) candidates = candidates.sort(byWeight).slice(0, topK); // of equal ones, the first
  const total = candidates.reduce((sum, id) => sum + weights[id]!, 0);
  // All tokens below this floor have less than 1 − topP in total, so none is in the nucleus. Few are left to sort.
  const floor = ((1 - topP) * total) / candidates.length;
  const ranked = candidates.filter((id) => weights[id]! >= floor).sort(byWeight);
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
