/**
 * Allowed differences from the reference, which PyTorch computed in float32. Vectors are compared relative to their
 * largest value. Scores are compared absolutely, because in the first steps of Adam the sign of a tiny gradient decides
 * the direction of a full step.
 */
export const tolerances = {
  logits: 1e-4,
  loss: 1e-4,
  gateGradients: 1e-3,
  scores: 2e-3,
  weights: 1e-4,
};
