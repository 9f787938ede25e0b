/** A reference folder or file is malformed. */
export class ReferenceFormatError extends Error {
  override readonly name = 'ReferenceFormatError';
  readonly code = 'GRASP_REFERENCE';
  constructor(
    readonly path: string,
    detail: string,
  ) {
    super(`${path} is not a reference trace: ${detail}`);
  }
}
