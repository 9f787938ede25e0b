/** Two evaluators differ by more than is allowed: a finding, not a fault of the run. */
export class DisagreementError extends Error {
  override readonly name = 'DisagreementError';
  readonly code = 'GRASP_DISAGREEMENT';
}
