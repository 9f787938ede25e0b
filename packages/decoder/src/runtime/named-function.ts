import type * as tf from '@tensorflow/tfjs-core';
import type { RecordOptions, Runtime } from './runtime.js';

/** Tensors by name; an absent one may be `undefined`. */
export type NamedTensors = { readonly [name: string]: tf.Tensor | undefined };

/**
 * A recorded function whose inputs and outputs have names. Each set of optional inputs is a variant that is recorded on
 * its own.
 *
 * @param options how a variant is recorded.
 */
export function namedFunction<I extends NamedTensors, O extends NamedTensors>(
  runtime: Runtime,
  name: string,
  body: (inputs: I) => O,
  options: (inputs: I) => RecordOptions = () => ({}),
): (inputs: I) => O {
  interface Variant {
    readonly run: (...inputs: tf.Tensor[]) => tf.Tensor[];
    outputs: string[];
  }
  const variants = new Map<string, Variant>();

  return (inputs) => {
    const names = Object.keys(inputs).filter((key) => inputs[key] !== undefined);
    const key = names.join();
    let variant = variants.get(key);
    if (!variant) {
      const created: Variant = {
        outputs: [],
        run: runtime.record(
          name,
          (...tensors) => {
            const result = body(Object.fromEntries(names.map((n, i) => [n, tensors[i]])) as unknown as I);
            created.outputs = Object.keys(result).filter((k) => result[k] !== undefined);
            return created.outputs.map((k) => result[k] as tf.Tensor);
          },
          options(inputs),
        ),
      };
      variant = created;
      variants.set(key, variant);
    }
    const results = variant.run(...names.map((n) => inputs[n] as tf.Tensor));
    return Object.fromEntries(variant.outputs.map((n, i) => [n, results[i]])) as unknown as O;
  };
}
