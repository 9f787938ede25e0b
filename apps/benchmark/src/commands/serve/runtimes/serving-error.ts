/** A runtime failed to start or to answer. */
export class ServingError extends Error {
  override readonly name = 'ServingError';
  readonly code = 'GRASP_SERVING';
}
