import { codePoints } from '../tasks/python-text.js';

/** A mean and its standard error, as lm-evaluation-harness reports them. */
export interface Score {
  readonly value: number;
  /** Sample standard deviation divided by √n. Absent for a single item. */
  readonly standardError?: number;
}

/** Returns the share of hits and its standard error. */
export function accuracy(hits: readonly boolean[]): Score {
  const n = hits.length;
  const value = hits.filter(Boolean).length / n;
  if (n < 2) return { value };
  // Σ (x − mean)² of zeros and ones is n · mean · (1 − mean).
  return { value, standardError: Math.sqrt((value * (1 - value)) / (n - 1)) };
}

/** Returns the index of the largest value, the first if several are equal. */
export function argmax(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
}

/** Returns log-likelihoods divided by the lengths of the choices in characters, which `acc_norm` compares. */
export function perCharacter(logLikelihoods: readonly number[], choices: readonly string[]): number[] {
  return logLikelihoods.map((value, i) => value / codePoints(choices[i]!));
}
