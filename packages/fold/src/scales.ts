import type { GateMap } from '@grasp/gates';

/** How far a scale can move from 1: `1 ± α`. */
export const DEFAULT_AMPLITUDE = 0.5;

/**
 * The scale of each unit, `1 + α·tanh(s)` where kept and 0 where removed, in float32 (GRASPrune, arXiv 2604.19398,
 * section 3). As they stand they are the gates of the scaled, masked model.
 */
export function scalesFromScores(
  scores: Float32Array,
  mask: Uint8Array,
  amplitude: number = DEFAULT_AMPLITUDE,
): Float32Array {
  const scales = new Float32Array(scores.length);
  for (let unit = 0; unit < scores.length; unit++) {
    if (mask[unit] !== 0) scales[unit] = 1 + amplitude * Math.tanh(scores[unit]!);
  }
  return scales;
}

function extended(mask: Uint8Array, more: number): Uint8Array {
  const all = new Uint8Array(mask.length + more).fill(1);
  all.set(mask);
  return all;
}

/** Values that are tuned beside scales and move freely from where they start: `initial + reach · s`. */
export interface FreeValues {
  readonly initial: Float32Array;
  /** What a score of 1 moves them by: with it, one optimiser serves scales and values of another size. */
  readonly reach: number;
}

/** The free values of their scores, float32. */
export function freeFromScores(scores: Float32Array, free: FreeValues): Float32Array {
  const values = new Float32Array(free.initial.length);
  moveFree(scores, free, values);
  return values;
}

function moveFree(scores: Float32Array, { initial, reach }: FreeValues, values: Float32Array): void {
  for (let i = 0; i < initial.length; i++) values[i] = initial[i]! + reach * scores[i]!;
}

/**
 * Gates of a fixed mask whose kept units are scaled, `dL/ds = dL/dz · α(1 − tanh²(s))` there, else 0, and after them the
 * free values, `dL/ds = dL/dz · reach`.
 */
export function scaledMask(mask: Uint8Array, amplitude: number, free?: FreeValues): GateMap {
  const n = mask.length;
  const all = free ? extended(mask, free.initial.length) : mask;
  const gates = new Float32Array(all.length); // the same at every step: there may be millions
  return (scores) => {
    gates.set(scalesFromScores(scores.subarray(0, n), mask, amplitude));
    if (free) moveFree(scores.subarray(n), free, gates.subarray(n));
    return {
      mask: all,
      gates,
      pullback(gateGradients, out) {
        for (let unit = 0; unit < n; unit++) {
          const tanh = Math.tanh(scores[unit]!);
          out[unit] = mask[unit] === 0 ? 0 : gateGradients[unit]! * amplitude * (1 - tanh * tanh);
        }
        for (let i = n; i < out.length; i++) out[i] = gateGradients[i]! * free!.reach;
      },
    };
  };
}
