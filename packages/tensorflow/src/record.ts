import { engine, Tensor, tidy } from '@tensorflow/tfjs-core';
import type { TensorFlowBackend } from './backend.js';
import { buildFunction, type FunctionTools } from './build-function.js';
import { RecordingError } from './errors.js';
import { Recording } from './recording.js';

/** A tfjs function that runs as one TensorFlow function. */
export interface RecordedFunction {
  (...inputs: Tensor[]): Tensor[];
  /** Forgets what was recorded. */
  dispose(): void;
}

/** What was recorded for one signature of the inputs. */
interface Variant {
  functionName: string;
  captured: readonly number[];
  outputCount: number;
}

let functionCount = 0;

/**
 * Records `fn` at its first call for each signature (shapes and types of its inputs), then runs the recording.
 *
 * While another function is being recorded, or gradients are being taped, `fn` itself runs: its operations
 * then become part of the other recording, or of the tape.
 */
export function recordFunction(
  tools: FunctionTools,
  backend: TensorFlowBackend,
  config: Uint8Array,
  name: string,
  fn: (...inputs: Tensor[]) => Tensor[],
): RecordedFunction {
  const { binding } = backend;
  const variants = new Map<string, Variant>();
  let disposed = false;

  function record(inputs: Tensor[], inputIds: readonly number[]): [Variant, Tensor[]] {
    const recording = new Recording(name, inputIds);
    binding.recording = recording;
    let results: Tensor[];
    let outputIds: number[];
    try {
      results = tidy(() => {
        const tensors = fn(...inputs);
        if (!Array.isArray(tensors) || tensors.some((tensor) => !(tensor instanceof Tensor))) {
          throw new RecordingError(
            name,
            'async',
            'its body must return an array of tensors, and not be async.',
          );
        }
        return tensors;
      });
      outputIds = results.map((tensor) => backend.idOf(tensor));
    } finally {
      binding.recording = undefined;
    }
    const captured = recording.captured(outputIds);
    const functionName = `recorded_${functionCount++}_${name.replace(/[^A-Za-z0-9_]/g, '_')}`;
    buildFunction(tools, recording, functionName, [...inputIds, ...captured], outputIds);
    const owned = results.map((tensor, i) =>
      inputs.includes(tensor) || captured.includes(outputIds[i]!) || results.indexOf(tensor) < i
        ? tensor.clone()
        : tensor,
    );
    return [{ functionName, captured, outputCount: outputIds.length }, owned];
  }

  const call = (...inputs: Tensor[]): Tensor[] => {
    if (disposed) throw new RecordingError(name, 'disposed', 'it was disposed of.');
    if (binding.recording || engine().isTapeOn()) return fn(...inputs);
    const ids = inputs.map((input) => backend.idOf(input));
    let signature = '';
    for (const id of ids) {
      const { dtype, shape } = tools.tensors.get(id);
      signature += `${dtype}:${shape.join()};`;
    }
    const variant = variants.get(signature);
    if (!variant) {
      const [recorded, results] = record(inputs, ids);
      variants.set(signature, recorded);
      return results;
    }
    for (const id of variant.captured) {
      if (!tools.tensors.has(id)) {
        throw new RecordingError(
          name,
          'disposed-capture',
          'a tensor that its body takes from outside was disposed of. Keep it, or pass it as an input.',
        );
      }
    }
    const outputs = binding.executeFunction(
      variant.functionName,
      variant.captured.length > 0 ? [...ids, ...variant.captured] : ids,
      variant.outputCount,
      config,
    );
    return outputs.map((stored) => backend.createOutputTensor(stored));
  };

  call.dispose = () => {
    disposed = true;
    for (const { functionName } of variants.values()) {
      tools.c.TFE_ContextRemoveFunction(tools.context, functionName, tools.status);
    }
    variants.clear();
  };
  return call;
}
