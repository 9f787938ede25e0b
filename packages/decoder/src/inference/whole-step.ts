import type * as tf from '@tensorflow/tfjs-core';
import type { KeyValues, Sublayer } from '../layers/sublayer.js';
import { type NamedTensors, namedFunction } from '../runtime/named-function.js';
import type { Runtime } from '../runtime/runtime.js';

/**
 * Reads one more token of a row, `x [1, d]`, through all sublayers as one function.
 *
 * @param tensors of each sublayer: its `stepTensors`.
 * @returns the hidden state `y [1, d]`, and of each attention what is cached, with the token's.
 */
export type WholeStep = (
  x: tf.Tensor,
  tensors: readonly NamedTensors[],
) => { readonly y: tf.Tensor; readonly cached: readonly (KeyValues | undefined)[] };

/** Tokens before a step is recorded, which takes as long as 60 to 120 tokens save. Until then, each sublayer is a function. */
const WORTH_RECORDING = 64;

/** Between functions, cores wait for JavaScript: with two threads, for a seventh of the step of a small model. */
export function wholeStep(runtime: Runtime, sublayers: readonly Sublayer[]): WholeStep | undefined {
  if (!runtime.recordsModels) return undefined;
  const run = namedFunction(
    runtime,
    'step',
    ({ x, ...tensors }: NamedTensors): NamedTensors => {
      const outputs: Record<string, tf.Tensor | undefined> = {};
      let y = x!;
      sublayers.forEach((sublayer, place) => {
        const { y: next, key, value } = sublayer.step(y, tensorsAt(place, tensors));
        Object.assign(outputs, named(place, { key, value }));
        y = next;
      });
      return { ...outputs, y };
    },
    () => ({ after: WORTH_RECORDING }),
  );
  return (x, tensors) => {
    const { y, ...outputs } = run(Object.assign({ x }, ...tensors.map((each, place) => named(place, each))));
    const cached = sublayers.map((_, place) => {
      const [key, value] = [outputs[`${place}.key`], outputs[`${place}.value`]];
      return key && value && { key, value };
    });
    return { y: y!, cached };
  };
}

/** Tensors with the place of their sublayer in their names. */
const named = (place: number, tensors: NamedTensors): NamedTensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${place}.${name}`, tensor]));

function tensorsAt(place: number, all: NamedTensors): NamedTensors {
  const start = `${place}.`;
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, tensor]) =>
      name.startsWith(start) ? [[name.slice(start.length), tensor]] : [],
    ),
  );
}
