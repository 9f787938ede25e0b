import type { QueryKeyNorm } from '../spec/decoder-traits.js';
import { attendedKeys } from './attended-keys.js';
import {
  type LayerCost,
  matrixElements,
  NOTHING_SAVED,
  normElements,
  type PassGradients,
  type PassTokens,
  productOperations,
  type ResidualNorms,
  savedOutput,
  transientElements,
} from './layer-cost.js';
import { loraBackwardOperations, loraForwardOperations } from './lora-cost.js';
import type { Units } from './units.js';

/** The shape of an attention sublayer. */
export interface AttentionShape {
  readonly hiddenSize: number;
  readonly headDim: number;
  readonly queriesPerKvHead: number;
  /** Whether each head's queries and keys are normalised, or those of all heads together. Default: neither. */
  readonly queryKeyNorm?: QueryKeyNorm;
  /** Norms before and after the sublayer. Default: one before it. */
  readonly norms?: ResidualNorms;
  /** Most keys that a query sees, itself included. Default: the whole context. */
  readonly window?: number;
}

/**
 * The costs of an attention sublayer, `y = x + mixed · W_o`. A pruned KV group needs its values in the forward pass
 * and one product in the backward pass, because its heads' output matrices are added up before that product.
 *
 * Dims: N tokens, d hidden, h head dim, G query heads of a group, K computed groups, P pruned groups.
 */
export function attentionCost(shape: AttentionShape, { computed: K, pruned: P }: Units): LayerCost {
  const { hiddenSize: d, headDim: h, queriesPerKvHead: G, queryKeyNorm = 'none', window, norms } = shape;
  const matricesOf = (groups: number) => ({
    queryKey: { inputs: d, outputs: groups * (G + 1) * h },
    value: { inputs: d, outputs: groups * h },
    output: { inputs: groups * G * h, outputs: d },
  });
  const headNorms = (groups: number) => {
    if (queryKeyNorm === 'none') return 0;
    return queryKeyNorm === 'head' ? 2 * h : groups * (G + 1) * h;
  };
  const matrices = matricesOf(K);
  const all = Object.values(matricesOf(K + P));
  /** Operations of one product over all pairs of a query and a key that it meets. */
  const pairProduct = ({ tokens, length, queryBlock }: PassTokens) =>
    2 * tokens * attendedKeys(length, window, queryBlock) * K * G * h;
  const transient = ({ tokens }: PassTokens) => transientElements(tokens, Math.max(d, (K + P) * G * h));
  const prunedProduct = (tokens: number) => productOperations(tokens, { inputs: d, outputs: P * h });

  const forwardOperations = (pass: PassTokens, { pruned = false, rank = 0 }: PassGradients) => ({
    queryKey: productOperations(pass.tokens, matrices.queryKey),
    value: productOperations(pass.tokens, matrices.value),
    scores: pairProduct(pass),
    mixing: pairProduct(pass),
    output: productOperations(pass.tokens, matrices.output),
    prunedValue: pruned ? prunedProduct(pass.tokens) : 0,
    lora: loraForwardOperations(matrices, pass.tokens, rank),
  });

  return {
    parameters: {
      matrices: all.reduce((sum, size) => sum + matrixElements(size), 0),
      norms: normElements(d, norms) + headNorms(K + P),
    },
    matrices,
    outputMatrix: matrices.output,
    // The next token sees itself and the last keys of its window.
    kvCache: (length) => 2 * K * h * Math.min(length, (window ?? Infinity) - 1),
    forward: (pass, { rank = 0 } = {}) => ({
      operations: forwardOperations(pass, { rank }),
      saved: NOTHING_SAVED,
      transient: transient(pass),
    }),
    forwardSaving: (pass, gradients = {}) => ({
      operations: forwardOperations(pass, gradients),
      saved: {
        float32: {
          input: pass.tokens * d,
          query: pass.tokens * K * G * h,
          key: pass.tokens * K * h,
          value: pass.tokens * K * h,
          mixed: pass.tokens * K * G * h,
          prunedValue: gradients.pruned ? pass.tokens * P * h : 0,
        },
        weightDtype: {
          queryKeyBeforeNorm: queryKeyNorm !== 'none' ? pass.tokens * K * (G + 1) * h : 0,
          output: savedOutput(pass.tokens, d, norms),
        },
      },
      transient: transient(pass),
    }),
    backward: (pass, { pruned = false, norms: ofNorms = false, input = true, rank = 0 } = {}) => {
      const throughInputs = input || ofNorms;
      return {
        operations: {
          queryKey: throughInputs ? productOperations(pass.tokens, matrices.queryKey) : 0,
          value: throughInputs ? productOperations(pass.tokens, matrices.value) : 0,
          scores: 3 * pairProduct(pass), // the scores again, and the gradients of queries and keys
          mixing: 2 * pairProduct(pass), // the gradients of weights and values
          output: productOperations(pass.tokens, matrices.output),
          prunedOutput: pruned ? prunedProduct(pass.tokens) : 0,
          lora: loraBackwardOperations(matrices, pass.tokens, rank),
        },
        saved: NOTHING_SAVED,
        transient: transient(pass),
      };
    },
  };
}
