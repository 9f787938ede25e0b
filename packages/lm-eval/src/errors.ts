/** The Python environment is missing or cannot be created. */
export class PythonError extends Error {
  readonly code = 'GRASP_PYTHON';
  constructor(
    message: string,
    /** Path of the interpreter. */
    readonly python: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'PythonError';
  }
}

/** lm-evaluation-harness failed, or its output is not as expected. */
export class HarnessError extends Error {
  readonly code = 'GRASP_LM_EVAL';
  constructor(
    message: string,
    /** The last lines of its output. */
    readonly output: string = '',
  ) {
    super(message);
    this.name = 'HarnessError';
  }
}
