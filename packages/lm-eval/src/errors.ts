/** A Python environment that is not there and cannot be made. */
export class PythonError extends Error {
  readonly code = 'GRASP_PYTHON';
  constructor(
    message: string,
    /** The interpreter that was tried. */
    readonly python: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'PythonError';
  }
}

/** lm-evaluation-harness that stopped, or wrote something else than expected. */
export class HarnessError extends Error {
  readonly code = 'GRASP_LM_EVAL';
  constructor(
    message: string,
    /** The last lines it said. */
    readonly output: string = '',
  ) {
    super(message);
    this.name = 'HarnessError';
  }
}
