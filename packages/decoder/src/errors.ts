/** The architecture of a checkpoint, or a feature of it, is not supported. */
export class UnsupportedModelError extends Error {
  override readonly name = 'UnsupportedModelError';
  readonly code = 'GRASP_UNSUPPORTED_MODEL';
  constructor(
    message: string,
    /** What was found: the architecture, rope type, activation… */
    readonly found: string,
    readonly supported: readonly string[],
  ) {
    super(message);
  }
}

/** config.json lacks a field or holds an impossible value. */
export class ModelConfigError extends Error {
  override readonly name = 'ModelConfigError';
  readonly code = 'GRASP_MODEL_CONFIG';
  constructor(
    message: string,
    readonly field: string,
  ) {
    super(message);
  }
}

/** A tensor is missing or its shape disagrees with the config. */
export class WeightShapeError extends Error {
  override readonly name = 'WeightShapeError';
  readonly code = 'GRASP_WEIGHT_SHAPE';
  constructor(
    message: string,
    readonly tensor: string,
    readonly expected: readonly number[],
    readonly received: readonly number[] | undefined,
  ) {
    super(message);
  }
}

/** Tokens or parameters do not fit the model. */
export class DecoderInputError extends Error {
  override readonly name = 'DecoderInputError';
  readonly code = 'GRASP_DECODER_INPUT';
}

/** A loss, activation or gradient is not finite. */
export class NonFiniteActivationError extends Error {
  override readonly name = 'NonFiniteActivationError';
  readonly code = 'GRASP_NON_FINITE';
  constructor(
    message: string,
    /** First layer whose output is not finite; the layer count for the head. */
    readonly layer: number,
  ) {
    super(message);
  }
}

/** A question to a decoder that was disposed of, or whose weights were replaced while the question was open. */
export class DecoderStateError extends Error {
  override readonly name = 'DecoderStateError';
  readonly code = 'GRASP_DECODER_STATE';
}

/** A gradient is not finite. The message names the weight. */
export class NonFiniteGradientError extends Error {
  override readonly name = 'NonFiniteGradientError';
  readonly code = 'GRASP_NON_FINITE';
  constructor(
    /** The weight's name, such as `layers.3.attention.queryKey`. */
    readonly weight: string,
  ) {
    super(`The gradient of ${weight} is not finite. Lower the learning rates; in bfloat16, try float32.`);
  }
}
