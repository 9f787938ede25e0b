import { engine, Tensor, tidy } from '@tensorflow/tfjs-core';
import type { TensorFlowBackend } from '../tfjs/backend.js';
import type { FunctionCall } from '../tfjs/binding.js';
import { buildFunction } from './build-function.js';
import { functionConfig } from '../c-api/config-proto.js';
import type { EagerContext } from '../eager/eager-context.js';
import { RecordingError } from '../errors.js';
import { Recording } from './recording.js';

/** A function from tensors to tensors whose body is tfjs code without side effects. */
export type TensorFunction = (...inputs: Tensor[]) => Tensor[];

/** A tfjs function that runs as one TensorFlow function. */
export interface RecordedFunction {
  /** @throws RecordingError, TensorFlowOpError */
  (...inputs: Tensor[]): Tensor[];
  /** Forgets everything recorded; later calls are refused. */
  dispose(): void;
}

export interface RecordOptions {
  /**
   * Let the graph optimiser fuse operations into kernels of their own (SiLU, a product with its bias). Faster
   * on a CPU, and no longer equal to eager execution in the last bits. Default: false.
   */
  fuse?: boolean;
  /** Compile with XLA. Default: false. */
  xla?: boolean;
  /**
   * Calls of one signature that run op by op before it is recorded. Recording takes some milliseconds and memory,
   * which a signature that never comes back does not repay. Default: 0, the first call is recorded.
   */
  after?: number;
  /**
   * One recording for inputs of all sizes, by types and ranks alone. What `fn` computes from sizes (a reshape, a slice) is
   * frozen into it, so it must not. Default: false, a recording for each shape.
   */
  anySizes?: boolean;
}

/** What was recorded for one signature of the inputs. */
interface Variant {
  readonly call: FunctionCall;
  /** Tensors from outside, passed as further inputs. */
  readonly captured: readonly number[];
}

/**
 * Records `fn` at its first call for each signature (shapes and types of its inputs; with `anySizes` ranks and types),
 * and runs the recording from then on. Tensors that `fn` takes from outside become inputs and must stay alive; plain
 * numbers, and random tensors that tfjs draws on the host, are frozen into the recording.
 *
 * While another function is being recorded, or tfjs tapes operations for a gradient, `fn` itself runs, so that
 * its operations become part of that recording or that tape.
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
  /** Calls so far of the signatures that are not recorded yet. */
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
    // The caller owns each result: one that was there before, or comes twice, is handed over as a clone.
    const owned = results.map((tensor, i) =>
      recording.made.has(outputIds[i]!) && results.indexOf(tensor) === i ? tensor : tensor.clone(),
    );
    return [{ call, captured }, owned];
  }

  function runBody(recording: Recording, inputs: Tensor[]): Tensor[] {
    binding.recording = recording;
    try {
      return tidy(() => {
        const results: unknown = fn(...inputs);
        if (Array.isArray(results) && results.every((result) => result instanceof Tensor)) {
          // Uploads results that are plain host values while their making still counts as recorded.
          for (const result of results) backend.idOf(result);
          return results;
        }
        throw new RecordingError(name, 'results', 'its body must return an array of tensors, not a promise.');
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

  const run = (...inputs: Tensor[]): Tensor[] => {
    if (disposed) throw new RecordingError(name, 'disposed', 'it was disposed of.');
    if (binding.recording || engine().isTapeOn()) return fn(...inputs);
    const ids = backend.getInputTensorIds(inputs);
    const key = signature(ids);
    const variant = variants.get(key);
    if (!variant) {
      const calls = waiting.get(key) ?? 0;
      if (calls < after) {
        waiting.set(key, calls + 1);
        return tidy(() => fn(...inputs));
      }
      waiting.delete(key);
      const [recorded, results] = record(inputs, ids);
      variants.set(key, recorded);
      return results;
    }
    const { call, captured } = variant;
    if (!captured.every((id) => tensors.has(id))) {
      throw new RecordingError(
        name,
        'captured-tensor',
        'a tensor that its body takes from outside was disposed of. Keep it, or pass it as an input.',
      );
    }
    const outputs = binding.executeFunction(call, captured.length > 0 ? [...ids, ...captured] : ids);
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
