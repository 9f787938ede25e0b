/** A clone of the paper's repository that is none, or whose scripts stopped. */
export class OfficialError extends Error {
  override readonly name = 'OfficialError';
  readonly code = 'GRASP_OFFICIAL';
  constructor(
    message: string,
    /** The last lines a script said. */
    readonly output: string = '',
  ) {
    super(message);
  }
}
