import { assertUnits, blockIndices, blockName } from '@grasp/budget';
import { NonFiniteError } from '../errors.js';
import type { GatedModel, GradientOptions, LossAndGradients } from '../model/gated-model.js';

/** A loop, as there may be millions at every step. */
function firstNonFinite(values: Float32Array): number | undefined {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i]!)) return i;
  return undefined;
}

/**
 * Loss and gate gradients of a step, known to be numbers.
 *
 * @throws {NonFiniteError} naming the step, and the gradient's unit or what the model says of its own loss.
 */
export async function finiteGradients<Batch>(
  model: GatedModel<Batch>,
  batch: Batch,
  gates: Float32Array,
  options: GradientOptions,
  step: number,
): Promise<LossAndGradients> {
  const { layout } = model;
  const { loss, gradients } = await model
    .lossAndGateGradients(batch, gates, options)
    .catch((error: unknown) => {
      // A model that looks for itself knows the layer.
      const found = error instanceof Error && 'code' in error && error.code === NonFiniteError.CODE;
      throw found ? new NonFiniteError({ what: 'loss', step, value: Number.NaN }, error) : error;
    });
  assertUnits(layout, gradients, 'gate gradients');
  if (!Number.isFinite(loss)) throw new NonFiniteError({ what: 'loss', step, value: loss });
  const unit = firstNonFinite(gradients);
  if (unit === undefined) return { loss, gradients };
  const block = blockName(layout.blocks[blockIndices(layout)[unit]!]!);
  throw new NonFiniteError({ what: 'gradient', step, value: gradients[unit]!, unit, block });
}
