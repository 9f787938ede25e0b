import type { Decoder } from '@grasp/decoder';
import { calibrateScales, initialScaleState } from '@grasp/fold';
import { compare, compareUnits, type Finding } from '../finding.js';
import type { Reference } from '../reference/reference-folder.js';
import { unitVector } from '../reference/units.js';
import { tolerances } from '../tolerances.js';
import { traceOptimizer } from './replay-gates.js';

/** Calibrates the scales under the trace's final mask and compares every step. */
export async function replayScales({ trace, batchAt }: Reference, decoder: Decoder): Promise<Finding[]> {
  const { settings, gates, rescale } = trace;
  const mask = Uint8Array.from(unitVector(gates.final_masks));
  const options = {
    steps: rescale.losses.length,
    amplitude: settings.alpha,
    optimizer: traceOptimizer(settings),
  };
  const state = initialScaleState(decoder, options);
  let first: Float32Array | undefined;
  for await (const { gradients } of calibrateScales(decoder, mask, batchAt, options, state)) {
    first ??= gradients.scales.slice();
  }
  return [
    compareUnits(
      'scale gradients, step 1',
      decoder.layout,
      first ?? new Float32Array(0),
      unitVector(rescale.step0_grads),
      tolerances.gateGradients,
    ),
    compare('scale loss per step', state.losses, rescale.losses, tolerances.loss),
    compare(
      'final scale scores',
      state.parameters.scales!,
      unitVector(rescale.final_scores),
      tolerances.scores,
      'absolute',
    ),
  ];
}
