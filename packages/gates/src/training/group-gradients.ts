/** The loss of a batch, and its gradient in the values of each group. */
export interface GroupGradients<Group extends string> {
  /** Mean loss of the batch. */
  readonly loss: number;
  /** dL/dvalue of each entry, float32. */
  readonly gradients: Readonly<Record<Group, Float32Array>>;
}
