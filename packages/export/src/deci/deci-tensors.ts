import type { Checkpoint, TensorData, TensorInfo } from '@grasp/checkpoint';
import { type DecoderConfig, layerTensor, type ProjectionName, projectionName } from '@grasp/decoder';
import type { DeciLayout } from './deci-layout.js';
import { type Placement, placed } from './placed.js';

/** A tensor as stored: of which tensor of the model, and where in it that is. The rest is zeros. */
export interface DeciTensor {
  readonly shape: readonly number[];
  readonly placement: Placement;
  /** What it holds if the model has no such tensor. */
  readonly otherwise: 0 | 1;
}

/** The tensors of the layers, by name. Query heads of a KV head stand first among those of the stored KV head. */
export function deciTensors(
  { headDim: h, hiddenSize: d, queriesPerKvHead, biases }: DecoderConfig,
  { heads, layers }: DeciLayout,
): ReadonlyMap<string, DeciTensor> {
  const tensors = new Map<string, DeciTensor>();
  const whole: Placement = { axis: 0, block: Number.POSITIVE_INFINITY, stride: 0 };
  const add = (name: string, shape: readonly number[], placement = whole, otherwise: 0 | 1 = 0) =>
    tensors.set(name, { shape, placement, otherwise });
  const attentionBias = biases.some((name) => name.length === 1);
  const feedForwardBias = biases.some((name) => name.length > 1);
  for (const [layer, { channels, kvHeads }] of layers.entries()) {
    const rows = (name: ProjectionName, count: number, biased: boolean, placement = whole) => {
      add(projectionName(layer, name, 'weight'), [count, d], placement);
      if (biased) add(projectionName(layer, name, 'bias'), [count], placement);
    };
    const columns = (name: ProjectionName, count: number, biased: boolean, placement = whole) => {
      add(projectionName(layer, name, 'weight'), [d, count], { ...placement, axis: 1 });
      if (biased) add(projectionName(layer, name, 'bias'), [d]);
    };
    if (kvHeads > 0) {
      const queries = { axis: 0, block: queriesPerKvHead * h, stride: (heads / kvHeads) * h } as const;
      add(layerTensor(layer, 'input_layernorm', 'weight'), [d], whole, 1);
      rows('q', heads * h, attentionBias, queries);
      rows('k', kvHeads * h, attentionBias);
      rows('v', kvHeads * h, attentionBias);
      columns('o', heads * h, attentionBias, queries);
    }
    if (channels > 0) {
      add(layerTensor(layer, 'post_attention_layernorm', 'weight'), [d], whole, 1);
      rows('gate', channels, feedForwardBias);
      rows('up', channels, feedForwardBias);
      columns('down', channels, feedForwardBias);
    }
  }
  return tensors;
}

/** The model's tensors as stored. */
export function storedTensors(
  checkpoint: Checkpoint,
  layers: ReadonlyMap<string, DeciTensor>,
): { readonly tensors: ReadonlyMap<string, TensorInfo>; read(name: string): Promise<TensorData> } {
  const { dtype } = [...checkpoint.tensors.values()][0]!;
  const tensors = new Map<string, TensorInfo>();
  for (const info of checkpoint.tensors.values()) {
    if (!info.name.startsWith('model.layers.')) tensors.set(info.name, info);
  }
  for (const [name, { shape }] of layers) {
    tensors.set(name, { name, shape, dtype: checkpoint.tensors.get(name)?.dtype ?? dtype });
  }
  return {
    tensors,
    async read(name) {
      const stored = layers.get(name);
      if (!stored) return checkpoint.read(name);
      const own = checkpoint.tensors.has(name) ? await checkpoint.read(name) : undefined;
      return placed(own, tensors.get(name)!, stored.placement, stored.otherwise);
    },
  };
}
