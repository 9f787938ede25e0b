import type { DecoderTraits } from '../spec/decoder-traits.js';

/** Tensor names of a decoder checkpoint, as Hugging Face transformers writes them. */
export const EMBEDDING = 'model.embed_tokens.weight';
export const FINAL_NORM = 'model.norm.weight';
export const HEAD = 'lm_head.weight';

export type ProjectionName = 'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down';

/** The two kinds of residual sublayers. */
export type SublayerKind = 'attention' | 'feedForward';

/** The name of a projection's tensor in a checkpoint: `model.layers.3.mlp.down_proj.weight`. */
export function projectionName(layer: number, projection: ProjectionName, part: 'weight' | 'bias'): string {
  const owner = projection.length === 1 ? 'self_attn' : 'mlp';
  return layerTensor(layer, `${owner}.${projection}_proj`, part);
}

/** The name of a norm on each head's, or on all heads', queries or keys. */
export function headNormName(layer: number, of: 'q' | 'k'): string {
  return layerTensor(layer, `self_attn.${of}_norm`, 'weight');
}

/** The norm tensors of a sublayer, before and after it. */
export function normNames(
  { norms }: Pick<DecoderTraits, 'norms'>,
  layer: number,
  kind: SublayerKind,
): { readonly pre?: string; readonly post?: string } {
  const { pre, post } = norms[kind];
  return {
    ...(pre ? { pre: layerTensor(layer, pre, 'weight') } : {}),
    ...(post ? { post: layerTensor(layer, post, 'weight') } : {}),
  };
}

/** A tensor of a layer by the last parts of its name. */
export function layerTensor(layer: number, parts: string, kind: 'weight' | 'bias'): string {
  return `model.layers.${layer}.${parts}.${kind}`;
}
