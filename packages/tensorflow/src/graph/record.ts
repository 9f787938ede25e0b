import { dispose, engine, Tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import { functionConfig } from '../c-api/config-proto.js';
import type { EagerContext } from '../eager/eager-context.js';
import type { FunctionCall } from '../eager/executor.js';
import { RecordingError } from '../errors.js';
import type { TensorFlowBackend } from '../tfjs/backend.js';
import { buildFunction } from './build-function.js';
import { Recording } from './recording.js';
import { refuseUpdates } from './refuse-updates.js';

/** A function from tensors to tensors, written in tfjs, without side effects. */
export type TensorFunction = (...inputs: Tensor[]) => Tensor[];

/** A tfjs function that runs as one TensorFlow function. */
export interface RecordedFunction {
  /**
   * @returns tensors that the caller owns
   * @throws RecordingError, DisposedTensorError, TensorFlowOpError
   */
  (...inputs: Tensor[]): Tensor[];
  /** Removes the recordings. Later calls throw RecordingError. */
  dispose(): void;
}

export interface RecordOptions {
  /**
   * Let the graph optimizer fuse operations, such as SiLU or a product with its bias. This is faster on a CPU, but the
   * last bits may differ from eager execution. Default: false.
   */
  fuse?: boolean;
  /**
   * Compile with XLA, for each shape of the inputs. The first call returns what the compiled function gives, as all others
   * do, so equal calls give equal bits. They differ from eager execution in the last bits. Default: false.
   */
  xla?: boolean;
  /**
   * Number of calls of one signature that run op by op before the signature is recorded. Recording takes milliseconds
   * and memory, so skip it for shapes that rarely come back. Default: 0.
   */
  after?: number;
  /**
   * Make one recording for inputs of all sizes, by dtypes and ranks. `fn` must not compute with sizes (a reshape, a
   * slice), because they are frozen into the recording. Default: false, one recording for each shape.
   */
  anySizes?: boolean;
}

/** The recording of one signature. */
interface Variant {
  readonly call: FunctionCall;
  /** Tensors from outside, passed as further arguments: ids, or the variables that hold the tensors. */
  readonly captured: readonly (number | Variable)[];
}

/**
 * Records `fn` at its first call for each signature (shapes and dtypes of the inputs; with `anySizes`, ranks and dtypes)
 * and runs the recording from then on.
 *
 * Tensors that `fn` takes from outside become arguments and must stay alive. A tf.Variable from outside is read at each
 * call. Plain numbers, and random tensors that tfjs draws on the host, are frozen into the recording.
 *
 * While another function is being recorded, or tfjs records operations for a gradient, `fn` itself runs. Its operations
 * then become part of that recording or gradient.
 */
export function recordFunction(
  context: EagerContext,
  backend: TensorFlowBackend,
  name: string,
  fn: TensorFunction,
  { fuse = false, xla = false, after = 0, anySizes = false }: RecordOptions = {},
): RecordedFunction {
  const { binding } = backend;
  const { tensors } = context;
  const variants = new Map<string, Variant>();
  /** Calls so far of signatures that are not recorded yet. */
  const waiting = new Map<string, number>();
  const config = functionConfig(fuse);
  let disposed = false;

  function record(inputs: Tensor[], inputIds: readonly number[]): [Variant, Tensor[]] {
    const recording = new Recording(name, inputIds);
    const results = runBody(recording, inputs);
    const outputIds = results.map((tensor) => backend.idOf(tensor));
    const captured = recording.captured(outputIds);
    const call = { name: context.uniqueName(name), outputCount: results.length, config, xla };
    try {
      buildFunction(context, recording, call.name, {
        inputs: [...inputIds, ...captured],
        outputs: outputIds,
        anySizes,
      });
    } catch (error) {
      for (const tensor of results) if (recording.made.has(backend.idOf(tensor))) tensor.dispose();
      throw error;
    }
    // The caller owns each result. A tensor that existed before, or is returned twice, is cloned.
    const owned = results.map((tensor, i) =>
      recording.made.has(outputIds[i]!) && results.indexOf(tensor) === i ? tensor : tensor.clone(),
    );
    return [{ call, captured: captured.map((id) => recording.variables.get(id) ?? id) }, owned];
  }

  function runBody(recording: Recording, inputs: Tensor[]): Tensor[] {
    binding.recording = recording;
    try {
      return tidy(() => {
        const results: unknown = refuseUpdates(name, () => fn(...inputs));
        if (Array.isArray(results) && results.every((result) => result instanceof Tensor)) {
          // Results that are still host values must be uploaded now, to count as recorded.
          for (const result of results) backend.idOf(result);
          return results;
        }
        throw RecordingError.results(name);
      });
    } finally {
      binding.recording = undefined;
    }
  }

  function signature(ids: readonly number[]): string {
    let text = '';
    for (const id of ids) {
      const { dtype, shape } = tensors.get(id);
      text += `${dtype}[${anySizes ? shape.length : shape.join()}]`;
    }
    return text;
  }

  const shapes = (ids: readonly number[]): string => ids.map((id) => tensors.get(id).shape.join('×')).join();

  /** The ids of a call's arguments. */
  function argumentIds(inputIds: readonly number[], { captured }: Variant): readonly number[] {
    if (captured.length === 0) return inputIds;
    const ids = [...inputIds];
    for (const from of captured) {
      const isAlive = typeof from === 'number' ? tensors.has(from) : !from.isDisposed;
      if (!isAlive) throw RecordingError.captured(name);
      ids.push(typeof from === 'number' ? from : backend.idOf(from));
    }
    return ids;
  }

  const run = (...inputs: Tensor[]): Tensor[] => {
    if (disposed) throw RecordingError.disposed(name);
    if (binding.recording || engine().isTapeOn()) return fn(...inputs);
    const ids = backend.getInputTensorIds(inputs);
    const key = signature(ids);
    let variant = variants.get(key);
    if (!variant) {
      const calls = waiting.get(key) ?? 0;
      if (calls < after) {
        waiting.set(key, calls + 1);
        return tidy(() => fn(...inputs));
      }
      waiting.delete(key);
      const [recorded, results] = record(inputs, ids);
      variants.set(key, recorded);
      if (!xla) return results;
      dispose(results);
      variant = recorded;
    }
    const args = argumentIds(ids, variant);
    if (xla) context.compilations.add(`${variant.call.name} ${shapes(args)}`);
    const outputs = binding.callFunction(variant.call, args);
    return outputs.map((stored) => backend.createOutputTensor(stored));
  };

  run.dispose = (): void => {
    disposed = true;
    for (const { call } of variants.values()) context.removeFunction(call.name);
    variants.clear();
    waiting.clear();
  };
  return run;
}
