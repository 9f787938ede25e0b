/** What {@link NonFiniteError} reports. */
export interface NonFiniteDetails {
  readonly what: 'loss' | 'gradient';
  /** The step that failed, from 0; as many steps are complete. */
  readonly step: number;
  readonly value: number;
  /** For a gradient: its unit and the name of the unit's block. */
  readonly unit?: number;
  readonly block?: string;
}

/** A loss or gradient was NaN or infinite. The training state is as it was before the step. */
export class NonFiniteError extends Error {
  static readonly CODE = 'GRASP_NON_FINITE';
  readonly code = NonFiniteError.CODE;
  override readonly name = 'NonFiniteError';
  readonly details: NonFiniteDetails;

  /** @param found the model's own error, which knows more of the place. */
  constructor(details: NonFiniteDetails, found?: Error) {
    const { what, step, value, unit, block } = details;
    const where = unit === undefined ? '' : ` of unit ${unit} (${block})`;
    const known = found?.message ?? `The ${what}${where} is ${value}. Check the weights and the batch.`;
    super(
      `Step ${step}: ${known} The scores are as they were before this step.`,
      found ? { cause: found } : undefined,
    );
    this.details = details;
  }
}

/** A saved training state that is damaged or belongs to something else. */
export class StateError extends Error {
  readonly code = 'GRASP_STATE';
  override readonly name = 'StateError';
}

/** An option of training outside what makes sense. */
export class TrainingOptionError extends Error {
  readonly code = 'GRASP_TRAINING_OPTION';
  override readonly name = 'TrainingOptionError';
}
