/** A log-likelihood that is NaN or infinite. */
export class NonFiniteError extends Error {
  readonly code = 'GRASP_EVAL_NON_FINITE';
  constructor(
    /** The window or item, in words. */
    readonly where: string,
    readonly value: number,
  ) {
    super(`${where}: the model gives a log-likelihood of ${value}; its weights or activations overflow`);
    this.name = 'NonFiniteError';
  }
}

/** Windows that the model cannot read whole. */
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

/** A task that this package does not have. */
export class UnknownTaskError extends Error {
  readonly code = 'GRASP_EVAL_TASK';
  constructor(
    readonly task: string,
    readonly known: readonly string[],
  ) {
    super(`unknown task "${task}"; there are ${known.join(', ')}`);
    this.name = 'UnknownTaskError';
  }
}

/** A task whose data are missing or hold no item. */
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

/** An item that is malformed, or that the model or tokenizer cannot take. */
export class TaskItemError extends Error {
  readonly code = 'GRASP_EVAL_TASK_ITEM';
  constructor(
    readonly task: string,
    /** Number in the data, from 0. */
    readonly item: number,
    problem: string,
  ) {
    super(`${task}, item ${item}: ${problem}`);
    this.name = 'TaskItemError';
  }
}
