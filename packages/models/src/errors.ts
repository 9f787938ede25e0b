export type ModelProblem = 'unknown-name' | 'unavailable';

/** A model is not known by this name, or it cannot be downloaded. The message says what to do. */
export class ModelError extends Error {
  readonly code = 'GRASP_MODEL';
  override readonly name = 'ModelError';
  constructor(
    readonly problem: ModelProblem,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
