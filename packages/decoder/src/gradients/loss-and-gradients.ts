import type { GradientOptions, GroupGradients } from '@grasp/gates';
import type { DecoderParts } from '../decoder-parts.js';
import { DecoderInputError } from '../errors.js';
import { PreparedLayers } from '../layers/prepared-layers.js';
import { gatesInLayoutOrder, loraOfKept, splitParameters } from '../layers/split-parameters.js';
import { readTensor } from '../runtime/read-tensor.js';
import type { DecoderParameters, ParameterName } from '../spec/parameters.js';
import { checkBatch, meanOverTargets, splitTargets, type TokenBatch } from '../token-batch.js';
import { backpropagate } from './backpropagation.js';
import { nonFiniteError } from './non-finite.js';

/** See `DecoderView.lossAndGradients`. */
export async function lossAndGradients<Group extends ParameterName>(
  parts: DecoderParts,
  parameters: DecoderParameters,
  batch: TokenBatch,
  groups: readonly Group[],
  { units = 'all' }: GradientOptions,
): Promise<GroupGradients<Group>> {
  checkBatch(parts.config, batch, 2);
  const wanted = new Set<ParameterName>(groups);
  if (wanted.has('lora') && !parameters.lora) {
    throw new DecoderInputError('Gradients of LoRA were asked for, but the view has no LoRA factors.');
  }
  const { head, positions } = parts;
  const { inputs, tokens } = splitTargets(batch);
  const split = splitParameters(parts, parameters, units);
  const layers = new PreparedLayers(parts, split);
  try {
    const pruned = units === 'all';
    const tuning = wanted.has('norms') || wanted.has('lora');
    const tensors = layers.run((passes) => ({
      ...backpropagate(head, passes, layers.norm, batch, positions.range(0, tokens, batch.shape[1]), {
        pruned,
        tuning,
      }),
    }));
    const { nll, dz, dNorms, dLora } = tensors;
    const reads = [
      readTensor(nll),
      readTensor(dz),
      dNorms && readTensor(dNorms),
      dLora && readTensor(dLora),
    ] as const;
    await Promise.allSettled(reads); // if one fails, the others still need their tensors
    const [losses, ofGates, ofNorms, ofLora] = await Promise.all(reads);
    const loss = meanOverTargets(batch, losses);
    if (!Number.isFinite(loss)) throw await nonFiniteError(parts, layers, inputs, tokens);
    const all = {
      gates: () => gatesInLayoutOrder(parts, split, ofGates, pruned),
      norms: () => ofNorms!,
      lora: () => loraOfKept(parts, split, ofLora!),
    };
    const gradients = Object.fromEntries(groups.map((group) => [group, all[group]()]));
    return { loss, gradients: gradients as Record<Group, Float32Array> };
  } finally {
    layers.dispose();
  }
}
