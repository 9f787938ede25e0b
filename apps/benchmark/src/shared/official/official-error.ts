/** A folder is not a clone of the paper's repository, or one of its scripts failed. */
export class OfficialError extends Error {
  override readonly name = 'OfficialError';
  readonly code = 'GRASP_OFFICIAL';
  constructor(
    message: string,
    /** Last lines that the script printed. */
    readonly output: string = '',
  ) {
    super(message);
  }
}
