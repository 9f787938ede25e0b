/** Two evaluators differ by more than the tolerance. */
export class DisagreementError extends Error {
  override readonly name = 'DisagreementError';
  readonly code = 'GRASP_DISAGREEMENT';
}
