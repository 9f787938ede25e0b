import type { DownloadProblem } from '@grasp/download';

/** TensorFlow rejected an operation. The message contains TensorFlow's own. */
export class TensorFlowOpError extends Error {
  readonly code = 'GRASP_TF_OP';
  override readonly name = 'TensorFlowOpError';
  constructor(
    /** Name of the operation, or of the C function. */
    readonly operation: string,
    /** TensorFlow's status code (TF_Code), for example 3 = invalid argument, 8 = out of memory. */
    readonly status: number,
    detail: string,
  ) {
    super(`TensorFlow operation ${operation} failed: ${detail}`);
  }
}

/** A tensor was used after it was disposed. */
export class DisposedTensorError extends Error {
  readonly code = 'GRASP_TF_DISPOSED';
  override readonly name = 'DisposedTensorError';

  /** A tensor whose dtype and shape are still known. */
  static tensor({ dtype, shape }: { dtype: string; shape: readonly number[] }): DisposedTensorError {
    return new DisposedTensorError(
      `Tensor is disposed: ${dtype} [${shape}]. Return it from the tf.tidy that made it, or call tf.keep on it.`,
    );
  }

  /**
   * A tensor whose dtype and shape are no longer known.
   *
   * @param id its id in the store.
   */
  static id(id: number): DisposedTensorError {
    return new DisposedTensorError(`Tensor ${id} is disposed, or belongs to a TensorFlow that is closed.`);
  }
}

/** TensorFlow was used after `dispose`. */
export class TensorFlowClosedError extends Error {
  readonly code = 'GRASP_TF_CLOSED';
  override readonly name = 'TensorFlowClosedError';
  constructor() {
    super('TensorFlow was disposed of. Call openTensorFlow again and use the new TensorFlow.');
  }
}

/** A worker stopped answering. The tensors on its devices are lost. */
export class WorkerLostError extends Error {
  readonly code = 'GRASP_TF_WORKER';
  override readonly name = 'WorkerLostError';
  constructor(
    /** `host:port` */
    readonly address: string,
    detail: string,
  ) {
    super(
      `Lost worker ${address}: ${detail}. Its tensors are gone. Restart the worker, then run the computation again.`,
    );
  }
}

/**
 * - 'read': `fn` reads the values of a tensor.
 * - 'variable': `fn` creates a tf.Variable or assigns to one.
 * - 'results': `fn` does not return an array of tensors.
 * - 'captured-tensor': a tensor that `fn` takes from outside is disposed.
 * - 'disposed': the recorded function is disposed.
 */
export type RecordingProblem = 'read' | 'variable' | 'results' | 'captured-tensor' | 'disposed';

/** A function cannot be recorded, or a recording cannot run. */
export class RecordingError extends Error {
  readonly code = 'GRASP_TF_RECORDING';
  override readonly name = 'RecordingError';
  constructor(
    /** Name of the recorded function. */
    readonly recording: string,
    readonly problem: RecordingProblem,
    detail: string,
  ) {
    super(`Recorded function '${recording}': ${detail}`);
  }

  /** The function reads the values of a tensor. */
  static read(recording: string): RecordingError {
    return new RecordingError(
      recording,
      'read',
      'it reads the values of a tensor (dataSync, arraySync or data), which would be frozen into the recording. ' +
        'Compute with tensors, or read outside the function.',
    );
  }

  /** The function creates a tf.Variable or assigns to one. */
  static variable(recording: string, variable: string): RecordingError {
    return new RecordingError(
      recording,
      'variable',
      `it creates the tf.Variable${variable && ` '${variable}'`} or assigns to it, as optimizers do. This would happen ` +
        'once, while the function is recorded. Return the new value, and assign it outside the function.',
    );
  }

  /** The function does not return an array of tensors. */
  static results(recording: string): RecordingError {
    return new RecordingError(
      recording,
      'results',
      'it must return an array of tensors. Promises and single tensors are not supported.',
    );
  }

  /** A tensor from outside the function is disposed. */
  static captured(recording: string): RecordingError {
    return new RecordingError(
      recording,
      'captured-tensor',
      'a tensor that it takes from outside is disposed. Keep that tensor, or pass it as an input.',
    );
  }

  /** The recorded function is disposed. */
  static disposed(recording: string): RecordingError {
    return new RecordingError(recording, 'disposed', 'it is disposed. Record the function again.');
  }
}

/** A tensor has a TensorFlow type that tfjs lacks, or values that do not fit its shape. */
export class UnsupportedTensorError extends Error {
  readonly code = 'GRASP_TF_TENSOR';
  override readonly name = 'UnsupportedTensorError';
}

export type SetupProblem =
  | DownloadProblem
  | 'unsupported-platform'
  | 'not-writable'
  | 'no-library'
  | 'load'
  | 'port'
  | 'worker'
  | 'already-open';

/** TensorFlow cannot be fetched, loaded or opened. The message says why, and what to do. */
export class TensorFlowSetupError extends Error {
  readonly code = 'GRASP_TF_SETUP';
  override readonly name = 'TensorFlowSetupError';
  constructor(
    readonly problem: SetupProblem,
    /** What was found, as a sentence. */
    readonly reason: string,
    /** What to do, as a sentence. */
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${reason} ${remedy}`, options);
  }
}
