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

/** Gates of a fixed mask whose kept units are scaled; `dL/ds = dL/dz · α(1 − tanh²(s))` there, else 0. */
export function scaledMask(mask: Uint8Array, amplitude: number): GateMap {
  return (scores) => ({
    mask,
    gates: scalesFromScores(scores, mask, amplitude),
    pullback(gateGradients, out) {
      for (let unit = 0; unit < out.length; unit++) {
        const tanh = Math.tanh(scores[unit]!);
        out[unit] = mask[unit] === 0 ? 0 : gateGradients[unit]! * amplitude * (1 - tanh * tanh);
      }
    },
  });
}
