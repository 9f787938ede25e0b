/** The model returned a log-likelihood that is NaN or infinite. */
export class NonFiniteError extends Error {
  readonly code = 'GRASP_EVAL_NON_FINITE';
  constructor(
    /** The window or item, for messages. */
    readonly where: string,
    readonly value: number,
  ) {
    super(`${where}: the model gives a log-likelihood of ${value}. Its weights or activations overflow.`);
    this.name = 'NonFiniteError';
  }
}

/** The model returned a result of the wrong shape. */
export class ModelOutputError extends Error {
  readonly code = 'GRASP_EVAL_MODEL_OUTPUT';
  constructor(
    /** The method that returned it. */
    readonly method: 'negLogLikelihood' | 'scoreContinuations',
    found: string,
    expected: string,
  ) {
    super(`${method} returned ${found}; expected ${expected}`);
    this.name = 'ModelOutputError';
  }
}

/** The windows are longer than the model's context. */
export class WindowTooLongError extends Error {
  readonly code = 'GRASP_EVAL_WINDOW';
  constructor(
    readonly length: number,
    readonly contextLength: number,
  ) {
    super(`windows of ${length} tokens exceed the model's context of ${contextLength}; use shorter windows`);
    this.name = 'WindowTooLongError';
  }
}

/** The task is not one of this package. */
export class UnknownTaskError extends Error {
  readonly code = 'GRASP_EVAL_TASK';
  constructor(
    readonly task: string,
    readonly known: readonly string[],
  ) {
    super(`unknown task "${task}"; expected one of ${known.join(', ')}`);
    this.name = 'UnknownTaskError';
  }
}

/** The data of a task are missing or empty. */
export class TaskDataError extends Error {
  readonly code = 'GRASP_EVAL_TASK_DATA';
  constructor(
    readonly task: string,
    problem: string,
  ) {
    super(`${task}: ${problem}`);
    this.name = 'TaskDataError';
  }
}

/** An item is malformed, or does not fit the model or tokenizer. */
export class TaskItemError extends Error {
  readonly code = 'GRASP_EVAL_TASK_ITEM';
  constructor(
    readonly task: string,
    /** Index in the data, from 0. */
    readonly item: number,
    problem: string,
  ) {
    super(`${task}, item ${item}: ${problem}`);
    this.name = 'TaskItemError';
  }
}

/** Python programs cannot be run under limits on this machine. */
export class ProgramRunnerError extends Error {
  override readonly name = 'ProgramRunnerError';
  readonly code = 'GRASP_EVAL_RUNNER';
  constructor(reason: string) {
    super(`Generated programs cannot be run: ${reason}`);
  }
}
