/** A damaged file: truncated, overlapping, inconsistent, or beyond a named limit. */
export class CheckpointFormatError extends Error {
  override readonly name = 'CheckpointFormatError';
  readonly code = 'GRASP_CHECKPOINT_FORMAT';

  constructor(
    readonly file: string,
    readonly detail: string,
  ) {
    super(
      `${file}: ${detail}. The file is damaged or was made by a faulty writer. Fetch or export it again.`,
    );
  }
}

/** A well-formed file that uses something this package does not read. */
export class CheckpointUnsupportedError extends Error {
  override readonly name = 'CheckpointUnsupportedError';
  readonly code = 'GRASP_CHECKPOINT_UNSUPPORTED';

  constructor(
    readonly file: string,
    readonly what: string,
    readonly supported: readonly string[] = [],
  ) {
    super(
      `${file}: ${what} is not supported${supported.length > 0 ? `; supported: ${supported.join(', ')}` : ''}.`,
    );
  }
}

/** A file or folder is missing. */
export class CheckpointMissingError extends Error {
  override readonly name = 'CheckpointMissingError';
  readonly code = 'GRASP_CHECKPOINT_MISSING';

  constructor(
    readonly path: string,
    detail: string,
  ) {
    super(`${path}: ${detail}`);
  }
}

/** The system refuses to read a file, or the file becomes shorter while it is read. */
export class CheckpointReadError extends Error {
  override readonly name = 'CheckpointReadError';
  readonly code = 'GRASP_CHECKPOINT_READ';

  constructor(
    readonly path: string,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: cannot be read: ${detail}`, options);
  }
}

/** The checkpoint does not have a tensor. */
export class TensorMissingError extends Error {
  override readonly name = 'TensorMissingError';
  readonly code = 'GRASP_CHECKPOINT_NO_TENSOR';

  constructor(
    readonly source: string,
    readonly tensor: string,
  ) {
    super(`${source} has no tensor named ${JSON.stringify(tensor)}.`);
  }
}

/** A weight is NaN or infinite. */
export class NonFiniteWeightError extends Error {
  override readonly name = 'NonFiniteWeightError';
  readonly code = 'GRASP_CHECKPOINT_NON_FINITE';

  constructor(
    readonly source: string,
    readonly tensor: string,
    /** Row-major position of the first such element. */
    readonly index: number,
    readonly value: number,
  ) {
    super(
      `${source}: tensor ${tensor} holds ${value} at element ${index}. The checkpoint is broken. Fetch it again.`,
    );
  }
}

/** A finite number is beyond the range of a narrower dtype. */
export class NarrowingOverflowError extends Error {
  override readonly name = 'NarrowingOverflowError';
  readonly code = 'GRASP_CHECKPOINT_OVERFLOW';

  constructor(
    readonly tensor: string,
    readonly index: number,
    readonly value: number,
    readonly dtype: 'F16' | 'BF16',
  ) {
    super(`${tensor}: ${value} at element ${index} is beyond the range of ${dtype}. Choose a wider dtype.`);
  }
}

/** A model, or a part of one, that the format of a runtime cannot express. */
export class InexpressibleModelError extends Error {
  override readonly name = 'InexpressibleModelError';
  readonly code = 'GRASP_EXPORT_INEXPRESSIBLE';

  constructor(
    readonly source: string,
    readonly target: 'transformers' | 'GGUF' | 'DeciLM' | 'ONNX',
    /** What cannot be expressed. */
    readonly what: string,
    /** What to do instead. */
    advice: string,
  ) {
    super(`${source}: ${target} cannot express ${what}. ${advice}`);
  }
}
