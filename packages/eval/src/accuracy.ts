import { codePoints } from './python-text.js';

/** A mean and its standard error, as lm-evaluation-harness reports them. */
export interface Score {
  readonly value: number;
  /** Sample standard deviation over √n; absent for a single item. */
  readonly standardError?: number;
}

/** Mean of a list of hits. */
export function accuracy(hits: readonly boolean[]): Score {
  const n = hits.length;
  const value = hits.filter(Boolean).length / n;
  if (n < 2) return { value };
  // Σ (x − mean)² of zeros and ones is n · mean · (1 − mean).
  return { value, standardError: Math.sqrt((value * (1 - value)) / (n - 1)) };
}

/** Index of the largest value, the first of equals. */
export function argmax(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
}

/** Log-likelihoods over the length of each choice in characters: what `acc_norm` compares. */
export function perCharacter(logLikelihoods: readonly number[], choices: readonly string[]): number[] {
  return logLikelihoods.map((value, i) => value / codePoints(choices[i]!));
}
