import type { DecoderConfig } from '../spec/config.js';
import { decoderLayers } from './decoder-layers.js';
import {
  type Amounts,
  addAmounts,
  type LayerCost,
  type PassCost,
  type PassGradients,
  type PassTokens,
  type SavedElements,
} from './layer-cost.js';

/** A pass through a whole decoder. */
export interface DecoderPass extends PassTokens, Omit<PassGradients, 'input'> {
  /**
   * `likelihood` runs forward to the loss. `teacher` runs forward to the mean head row under the prediction. `step`
   * runs forward and backward.
   */
  readonly pass: 'likelihood' | 'teacher' | 'step';
  /** Counts the input gradient of the first layer, which a step does without. Default: false. */
  readonly firstInputGradient?: boolean;
}

/** The cost of a pass through a whole decoder. */
export interface DecoderCost {
  /** Floating-point operations, by kind of layer and matrix product (`kv.queryKey`, `ffn.down`, `head.logits`). */
  readonly operations: Amounts;
  /** Elements saved for the backward pass, by kind of layer and tensor. */
  readonly saved: SavedElements;
  /** Float32 elements that exist while the widest sublayer runs, and while the head runs. */
  readonly transient: { readonly sublayer: number; readonly head: number };
}

/**
 * The cost of one pass through a decoder: the sum over its layers.
 *
 * @param kept a mask over the units, or the share of every sublayer's units that is kept; see `sublayerUnits`
 */
export function decoderCost(
  config: DecoderConfig,
  kept: number | Uint8Array,
  { pass, firstInputGradient = false, ...options }: DecoderPass,
): DecoderCost {
  const { pruned = false, norms = false, rank = 0, ...tokens } = options;
  const { embedding, sublayers, head } = decoderLayers(config, kept, pruned);
  const passesOf = (cost: LayerCost, input: boolean): PassCost[] => {
    const gradients = { pruned, norms, rank, input };
    if (pass !== 'step') return [cost.forward(tokens, gradients)];
    return [cost.forwardSaving(tokens, gradients), cost.backward(tokens, gradients)];
  };
  const inSublayers = sublayers.flatMap(({ kind, cost }, i) =>
    passesOf(cost, i > 0 || firstInputGradient).map((passCost) => named(kind, passCost)),
  );
  const inHead = pass === 'teacher' ? [head.forwardSaving(tokens)] : passesOf(head, true);
  const all = [
    ...passesOf(embedding, true).map((cost) => named('embedding', cost)),
    ...inSublayers,
    ...inHead.map((cost) => named('head', cost)),
  ];
  return {
    operations: addAmounts(...all.map(({ operations }) => operations)),
    saved: {
      float32: addAmounts(...all.map(({ saved }) => saved.float32)),
      weightDtype: addAmounts(...all.map(({ saved }) => saved.weightDtype)),
    },
    transient: { sublayer: mostTransient(inSublayers), head: mostTransient(inHead) },
  };
}

/** A pass whose amounts carry the kind of their layer in their names. */
function named(kind: string, { operations, saved, transient }: PassCost): PassCost {
  const prefixed = (amounts: Amounts): Amounts =>
    Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [`${kind}.${name}`, amount]));
  return {
    operations: prefixed(operations),
    saved: { float32: prefixed(saved.float32), weightDtype: prefixed(saved.weightDtype) },
    transient,
  };
}

function mostTransient(passes: readonly PassCost[]): number {
  return Math.max(0, ...passes.map(({ transient }) => transient));
}
