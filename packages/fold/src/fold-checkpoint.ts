import { type Checkpoint, type TensorInfo, TensorMissingError } from '@grasp/checkpoint';
import { planTensors, type UnitChoice } from './axis-plan.js';
import { changesByTensor, type WeightChanges } from './changes/weight-changes.js';
import { foldTensor, slicedShape } from './fold-tensor.js';

export interface FoldOptions extends UnitChoice {
  /** config.json of the pruned model. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Changes of the dense weights: refitted columns, LoRA products, norm scales, biases. Default none. */
  readonly changes?: WeightChanges;
}

/**
 * Returns a view of the pruned checkpoint. Each tensor is computed when it is read, so a writer needs memory for one
 * tensor at a time. Tensors whose entries all belong to removed units are left out.
 *
 * Every element of the view is `round(slice(W′) · scales)`, where `W′` is the dense weight after `changes`. The
 * expression is evaluated in float32 and rounded once to the tensor's dtype, to nearest, ties to even. A tensor with
 * neither changes nor scales is copied bit for bit.
 *
 * Closing the view closes the checkpoint.
 *
 * @throws {FoldError} if mask, layout, slices, changes and tensors do not fit together. Reading throws
 *   `NarrowingOverflowError` if an element exceeds the range of its dtype.
 */
export function foldCheckpoint(
  checkpoint: Checkpoint,
  { config, changes = {}, ...choice }: FoldOptions,
): Checkpoint {
  const plans = planTensors(checkpoint, choice);
  const changed = changesByTensor(checkpoint, changes);
  const tensors = new Map<string, TensorInfo>();
  for (const info of checkpoint.tensors.values()) {
    const plan = plans.get(info.name);
    const shape = plan ? slicedShape(info.shape, plan) : info.shape;
    if (plan && shape.includes(0)) continue;
    tensors.set(info.name, { ...info, shape });
  }
  const source = `${checkpoint.source} (pruned)`;
  return {
    source,
    config,
    configText: checkpoint.configText,
    tensors,
    files: checkpoint.files,
    async read(name) {
      if (!tensors.has(name)) throw new TensorMissingError(source, name);
      return foldTensor(await checkpoint.read(name), plans.get(name), changed.get(name), name);
    },
    close: () => checkpoint.close(),
  };
}
