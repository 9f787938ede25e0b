/**
 * How far a quantity may be from the reference, which PyTorch computed in float32. Vectors are compared relative to
 * their largest value; scores absolutely, because Adam's first steps turn the sign of a tiny gradient into a step of
 * full length.
 */
export const tolerances = {
  logits: 1e-4,
  loss: 1e-4,
  gateGradients: 1e-3,
  scores: 2e-3,
  weights: 1e-4,
};
