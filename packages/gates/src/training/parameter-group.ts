import type { Optimizer } from './optimizer.js';

/** The values that a model computes with, and the gradients of the trained values from theirs. */
export interface MappedValues {
  /** One value per entry of the group, float32. Valid until the next call of the parametrisation. */
  readonly values: Float32Array;
  /** Writes dL/dθ for each trained parameter θ to `out`, given dL/dvalue. */
  pullback(valueGradients: Float32Array, out: Float32Array): void;
}

/**
 * Maps trained parameters θ to model values. Methods differ in this alone: a gate learns through a hard mask, a scale
 * through `1 + α·tanh(θ)`, a LoRA factor or a weight is its own parameter.
 */
export type Parametrisation = (parameters: Float32Array, step: number) => MappedValues;

/** A named group of parameters: where it starts, how it maps to values, and what updates it. */
export interface ParameterGroup {
  /** Parameters before the first step, float32. Copied. */
  readonly initial: Float32Array;
  /** Updates the group; its learning rate is the group's own. */
  readonly optimizer: Optimizer;
  /** Default: the values are the parameters. */
  readonly parametrisation?: Parametrisation;
  /** Names an entry in messages. Default: `entry 5 of NAME`. */
  readonly entryName?: (index: number) => string;
}

/**
 * Values are the parameters times fixed factors. For an optimiser that takes steps of one size whatever the gradients are, such as
 * AdamW, the factors are learning rates relative to its own.
 *
 * @param factors one per entry.
 */
export function scaledBy(factors: Float32Array): Parametrisation {
  const values = new Float32Array(factors.length);
  return (parameters) => {
    for (let i = 0; i < values.length; i++) values[i] = parameters[i]! * factors[i]!;
    return {
      values,
      pullback(valueGradients, out) {
        for (let i = 0; i < out.length; i++) out[i] = valueGradients[i]! * factors[i]!;
      },
    };
  };
}

/** Parameters that are their own values: LoRA factors and weights. */
export const identity: Parametrisation = (parameters) => ({
  values: parameters,
  pullback: (valueGradients, out) => out.set(valueGradients),
});
