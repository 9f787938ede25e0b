import { type Checkpoint, type TensorInfo, TensorMissingError } from '@grasp/checkpoint';
import { planTensors, type UnitChoice } from './axis-plan.js';
import { slicedShape, sliceTensor } from './slice-tensor.js';

export interface FoldOptions extends UnitChoice {
  /** config.json of the pruned model. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * The pruned checkpoint, as a view: removed units are sliced away and scales multiplied into the weights as each
 * tensor is read, so that writing it takes memory for one tensor. A tensor of which nothing stays is left out.
 *
 * The view reads the checkpoint it stands on; closing it closes that one.
 *
 * @throws {FoldError} if mask, layout, slices and tensors do not fit together.
 */
export function foldCheckpoint(checkpoint: Checkpoint, { config, ...choice }: FoldOptions): Checkpoint {
  const plans = planTensors(checkpoint, choice);
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
    tensors,
    files: checkpoint.files,
    async read(name) {
      if (!tensors.has(name)) throw new TensorMissingError(source, name);
      const tensor = await checkpoint.read(name);
      const plan = plans.get(name);
      return plan ? sliceTensor(tensor, plan, name) : tensor;
    },
    close: () => checkpoint.close(),
  };
}
