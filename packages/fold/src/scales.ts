import type { Optimizer, ParameterGroup, Parametrisation } from '@grasp/gates';
import { FoldError } from './errors.js';

/** How far a scale can move from 1: `1 ± α`. */
export const DEFAULT_AMPLITUDE = 0.5;

/**
 * The scale of each entry, `1 + α·tanh(s)` where kept and 0 where removed, in float32 (GRASPrune, arXiv 2604.19398,
 * section 3). The scales of units are the gates of the scaled, masked model.
 */
export function scalesFromScores(
  scores: Float32Array,
  mask: Uint8Array,
  amplitude: number = DEFAULT_AMPLITUDE,
): Float32Array {
  const scales = new Float32Array(scores.length);
  for (let entry = 0; entry < scores.length; entry++) {
    if (mask[entry] !== 0) scales[entry] = 1 + amplitude * Math.tanh(scores[entry]!);
  }
  return scales;
}

/**
 * Scales under a fixed mask as a group for `train`. Scores start at 0, so every scale starts at 1.
 *
 * @param mask 1 for each entry that has a scale, 0 for each that is removed.
 * @throws {FoldError} if the amplitude is not between 0 and 1.
 */
export function scaleGroup(
  mask: Uint8Array,
  optimizer: Optimizer,
  amplitude: number = DEFAULT_AMPLITUDE,
): ParameterGroup {
  if (!(amplitude > 0 && amplitude < 1)) {
    throw new FoldError(`The amplitude of the scales must be between 0 and 1; received ${amplitude}.`);
  }
  const initial = new Float32Array(mask.length);
  return { initial, optimizer, parametrisation: scaledMask(mask, amplitude) };
}

/** Scores to scales: `dL/ds = dL/dz · α(1 − tanh²(s))` for kept entries, 0 for removed ones. */
export function scaledMask(mask: Uint8Array, amplitude: number): Parametrisation {
  return (scores) => ({
    values: scalesFromScores(scores, mask, amplitude),
    pullback(scaleGradients, out) {
      for (let entry = 0; entry < out.length; entry++) {
        const tanh = Math.tanh(scores[entry]!);
        out[entry] = mask[entry] === 0 ? 0 : scaleGradients[entry]! * amplitude * (1 - tanh * tanh);
      }
    },
  });
}
