/** A baseline cannot be built. */
export class BaselineError extends Error {
  override readonly name = 'BaselineError';
  readonly code = 'GRASP_BASELINE';
  constructor(
    message: string,
    readonly problem: 'not-a-checkout' | 'unknown-commit' | 'build',
  ) {
    super(message);
  }
}
