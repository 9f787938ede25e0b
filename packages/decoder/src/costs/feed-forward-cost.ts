import {
  type Amounts,
  type LayerCost,
  type MatrixSize,
  matrixElements,
  NOTHING_SAVED,
  normElements,
  type PassTokens,
  productOperations,
  type ResidualNorms,
  savedOutput,
  totalAmount,
  transientElements,
} from './layer-cost.js';
import { loraBackwardOperations, loraForwardOperations } from './lora-cost.js';
import type { Units } from './units.js';

/** The shape of an FFN sublayer. */
export interface FeedForwardShape {
  readonly hiddenSize: number;
  /** Whether the FFN has a gate matrix, `act(x·W_gate) · (x·W_up)`, or none, `act(x·W_up)`. */
  readonly gated: boolean;
  /** Norms before and after the sublayer. Default: one before it. */
  readonly norms?: ResidualNorms;
}

/**
 * The costs of an FFN sublayer, `y = x + hidden · W_down`. A pruned channel needs its hidden activation in the
 * forward pass and the product with its row of `W_down` in the backward pass.
 *
 * Dims: N tokens, d hidden, C computed channels, P pruned channels.
 */
export function feedForwardCost(
  { hiddenSize: d, gated, norms }: FeedForwardShape,
  { computed: C, pruned: P }: Units,
): LayerCost {
  const inputMatrices = (channels: number): Record<string, MatrixSize> => ({
    ...(gated ? { gate: { inputs: d, outputs: channels } } : {}),
    up: { inputs: d, outputs: channels },
  });
  const matricesOf = (channels: number) => ({
    ...inputMatrices(channels),
    down: { inputs: channels, outputs: d },
  });
  const matrices: LayerCost['matrices'] = matricesOf(C);
  const transient = ({ tokens }: PassTokens) => transientElements(tokens, Math.max(d, C + P));
  const products = (sizes: LayerCost['matrices'], tokens: number): Amounts =>
    Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, productOperations(tokens, size)]));
  const prunedHidden = (tokens: number) => totalAmount(products(inputMatrices(P), tokens));

  return {
    parameters: {
      matrices: Object.values(matricesOf(C + P)).reduce((sum, size) => sum + matrixElements(size), 0),
      norms: normElements(d, norms),
    },
    matrices,
    outputMatrix: matrices.down!,
    kvCache: () => 0,
    forward: (pass, { rank = 0 } = {}) => ({
      operations: {
        ...products(matrices, pass.tokens),
        lora: loraForwardOperations(matrices, pass.tokens, rank),
      },
      saved: NOTHING_SAVED,
      transient: transient(pass),
    }),
    forwardSaving: (pass, { pruned = false, rank = 0 } = {}) => ({
      operations: {
        ...products(matrices, pass.tokens),
        prunedHidden: pruned ? prunedHidden(pass.tokens) : 0,
        lora: loraForwardOperations(matrices, pass.tokens, rank),
      },
      saved: {
        float32: { input: pass.tokens * d },
        weightDtype: {
          ...(gated ? { gate: pass.tokens * C } : {}),
          up: pass.tokens * C,
          output: savedOutput(pass.tokens, d, norms),
          prunedHidden: pruned ? pass.tokens * P : 0,
        },
      },
      transient: transient(pass),
    }),
    // The decoder computes an FFN's input gradient even where nothing needs it.
    backward: (pass, { pruned = false, rank = 0 } = {}) => ({
      operations: {
        ...products(matrices, pass.tokens),
        prunedDown: pruned ? productOperations(pass.tokens, { inputs: d, outputs: P }) : 0,
        lora: loraBackwardOperations(matrices, pass.tokens, rank),
      },
      saved: NOTHING_SAVED,
      transient: transient(pass),
    }),
  };
}
