import type { Layout } from '@grasp/budget';

/** The result of one evaluation of a gated model. */
export interface LossAndGradients {
  /** Mean loss of the batch. */
  readonly loss: number;
  /** dL/dz of each unit of the layout at the given gates, float32. */
  readonly gradients: Float32Array;
}

export interface GradientOptions {
  /**
   * The units that need a gradient: `all` to choose a mask, `kept` (gate ≠ 0) to tune the kept units. With `kept`, the
   * entries of the other units are 0 and a model may skip their work. Default `all`.
   */
  readonly units?: 'all' | 'kept';
}

/**
 * The interface between the method and a model: a loss that is differentiable in one gate value per unit.
 *
 * A gate of 1 leaves its unit as it is, 0 removes it, any other value scales it. `Batch` is the model's own type; the
 * method passes it through.
 */
export interface GatedModel<Batch> {
  readonly layout: Layout;
  /**
   * @param gates one value per unit, float32, in layout order. Not retained.
   * @throws if the loss is not finite and the model knows the place: an error whose `code` is `GRASP_NON_FINITE`. The
   *   method adds the step.
   */
  lossAndGateGradients(
    batch: Batch,
    gates: Float32Array,
    options?: GradientOptions,
  ): Promise<LossAndGradients>;
}
