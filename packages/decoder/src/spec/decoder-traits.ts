import type { Activation } from '../math/activation.js';
import type { ProjectionName } from '../weights/tensor-names.js';
import type { LayerAttention } from './layer-attention.js';

/** The norms of one residual sublayer, by the last part of their tensors' names. Absent: no such norm. */
export interface SublayerNorms {
  /** On the input: `x + f(pre(x))`. */
  readonly pre?: string;
  /** On the output: `x + post(f(x))`. */
  readonly post?: string;
}

/**
 * Whose norm queries and keys pass before the rotation: none, one norm for each head (all heads share its weight), or one
 * norm over all heads of a token together.
 */
export type QueryKeyNorm = 'none' | 'head' | 'all-heads';

/** Matrices that a checkpoint stores as one tensor, their rows one after another. */
export interface FusedTensor {
  /** Last parts of the stored tensor's name: `mlp.gate_up_proj`. */
  readonly name: string;
  readonly parts: readonly ProjectionName[];
}

/** What the decoders of different architectures differ in:
 *
 * ```
 * x ← embed(ids) · embeddingScale
 * each sublayer:  x ← x + residualScale · post(f(pre(x)))
 * logits ← logitCap · tanh(head(norm(x)) · logitScale / logitCap)
 * ```
 */
export interface DecoderTraits {
  /** The projections that have a bias. Other biases in a checkpoint are ignored. */
  readonly biases: readonly ProjectionName[];
  /** Whether the head is the embedding if config.json does not say so. */
  readonly tiedByDefault: boolean;
  readonly norms: { readonly attention: SublayerNorms; readonly feedForward: SublayerNorms };
  /** Added to the weight of every norm: 1 if a stored weight of 0 leaves its input's scale alone. */
  readonly normOffset: 0 | 1;
  readonly queryKeyNorm: QueryKeyNorm;
  readonly activation: Activation;
  /** Whether the FFN has a gate matrix, `act(gate) · up`, or none, `act(up)`. */
  readonly gatedFeedForward: boolean;
  readonly embeddingScale: number;
  /** Whether that scale is rounded to the weights' dtype. */
  readonly embeddingScaleRounds: boolean;
  readonly residualScale: number;
  readonly logitScale: number;
  /** Soft cap of the logits, `cap · tanh(logit / cap)`. */
  readonly logitCap?: number | undefined;
  /** Factor on the products of queries and keys. Undefined: `1 / √headDim`. */
  readonly attentionScale?: number | undefined;
  /** Soft cap of those products. */
  readonly attentionCap?: number | undefined;
  /** The span and the positions of each layer's attention. */
  readonly attention: readonly LayerAttention[];
  readonly fused: readonly FusedTensor[];
}

/** Norms before both sublayers, by LLaMA's names. */
export const LLAMA_NORMS: DecoderTraits['norms'] = {
  attention: { pre: 'input_layernorm' },
  feedForward: { pre: 'post_attention_layernorm' },
};
