/** What {@link NonFiniteError} reports. */
export interface NonFiniteDetails {
  readonly what: 'loss' | 'gradient';
  /** The step that failed, from 0; as many steps are complete. */
  readonly step: number;
  readonly value: number;
  /** For a gradient: its parameter group, its index there, and a name for the place such as `unit 8 (layer 0 kv)`. */
  readonly group?: string;
  readonly index?: number;
  readonly place?: string;
}

/** A loss or gradient was NaN or infinite. The training state is as it was before the step. */
export class NonFiniteError extends Error {
  static readonly CODE = 'GRASP_NON_FINITE';
  readonly code = NonFiniteError.CODE;
  override readonly name = 'NonFiniteError';
  readonly details: NonFiniteDetails;

  /** @param found the model's own error, which names the layer. */
  constructor(details: NonFiniteDetails, found?: Error) {
    const { what, step, value, place } = details;
    const where = place === undefined ? '' : ` of ${place}`;
    const known = found?.message ?? `The ${what}${where} is ${value}. Check the weights and the batch.`;
    super(
      `Step ${step}: ${known} The parameters are as they were before this step.`,
      found ? { cause: found } : undefined,
    );
    this.details = details;
  }
}

/** A saved training state is damaged or belongs to another stage or run. */
export class StateError extends Error {
  readonly code = 'GRASP_STATE';
  override readonly name = 'StateError';
}

/** A training option is out of range. */
export class TrainingOptionError extends Error {
  readonly code = 'GRASP_TRAINING_OPTION';
  override readonly name = 'TrainingOptionError';
}
