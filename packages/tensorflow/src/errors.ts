import type { DownloadProblem } from '@grasp/download';

/** TensorFlow refused an operation; `message` carries its own words. */
export class TensorFlowOpError extends Error {
  readonly code = 'GRASP_TF_OP';
  override readonly name = 'TensorFlowOpError';
  constructor(
    /** The operation or C function that failed. */
    readonly operation: string,
    /** TensorFlow's status code (TF_Code), e.g. 3 = invalid argument, 8 = out of memory. */
    readonly status: number,
    detail: string,
  ) {
    super(`TensorFlow could not run ${operation}: ${detail}`);
  }
}

/** A worker stopped answering; what lay on its devices is lost. */
export class WorkerLostError extends Error {
  readonly code = 'GRASP_TF_WORKER';
  override readonly name = 'WorkerLostError';
  constructor(
    /** `host:port` */
    readonly address: string,
    detail: string,
  ) {
    super(
      `The worker at ${address} is lost: ${detail}. Start it again, and then what was running; of what lay on it nothing is left.`,
    );
  }
}

/** What is wrong: the body reads data back, returns no tensors; a captured tensor or the function is gone. */
export type RecordingProblem = 'read' | 'results' | 'captured-tensor' | 'disposed';

/** A function cannot be recorded, or a recorded one can no longer run. */
export class RecordingError extends Error {
  readonly code = 'GRASP_TF_RECORDING';
  override readonly name = 'RecordingError';
  constructor(
    readonly recording: string,
    readonly problem: RecordingProblem,
    detail: string,
  ) {
    super(`Recorded function '${recording}': ${detail}`);
  }

  /** Its body asks for a tensor's values. */
  static read(recording: string): RecordingError {
    return new RecordingError(
      recording,
      'read',
      'its body reads a tensor back (dataSync, arraySync or data). The value would be frozen into the ' +
        'recording: keep the computation in tensors, or read outside the function.',
    );
  }
}

/** A tensor of a kind this runtime does not carry (resources, variants), or data that does not fit. */
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

/** TensorFlow cannot be had on this machine as it is. The message says why and what to do. */
export class TensorFlowSetupError extends Error {
  readonly code = 'GRASP_TF_SETUP';
  override readonly name = 'TensorFlowSetupError';
  constructor(
    readonly problem: SetupProblem,
    /** What happened. */
    readonly reason: string,
    /** What to do about it. */
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${reason} ${remedy}`, options);
  }
}
