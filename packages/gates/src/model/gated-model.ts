import type { Layout } from '@grasp/budget';

/** What one evaluation of a gated model yields. */
export interface LossAndGradients {
  /** Mean loss of the batch. */
  readonly loss: number;
  /** dL/dz for each unit of the layout, at the gates given. */
  readonly gradients: Float32Array;
}

export interface GradientOptions {
  /**
   * Which units need a gradient: `all` to choose a mask, `kept` (gate ≠ 0) to tune the survivors. Where `kept`
   * is asked for, the other units' entries are 0 and a model may skip their work.
   */
  readonly units?: 'all' | 'kept';
}

/**
 * The one interface between the method and a model: a loss that is differentiable in one gate value per unit.
 *
 * A gate of 1 leaves its unit as it is, 0 removes it, any other value scales it. `Batch` is whatever the model
 * eats; the method only passes it through.
 */
export interface GatedModel<Batch> {
  readonly layout: Layout;
  /**
   * @param gates one value per unit, float32, in layout order. Not retained.
   * @throws for a loss that is not finite, if the model knows where that began: an error whose `code` is
   *   `GRASP_NON_FINITE`, to which the method adds the step.
   */
  lossAndGateGradients(
    batch: Batch,
    gates: Float32Array,
    options?: GradientOptions,
  ): Promise<LossAndGradients>;
}
