/** Units, tensors, masks or changes do not fit together. */
export class FoldError extends Error {
  readonly code = 'GRASP_FOLD';
  override readonly name = 'FoldError';
}

/** The mask file is damaged, of another version, or made for another model. */
export class MaskFileError extends Error {
  readonly code = 'GRASP_MASK_FILE';
  override readonly name = 'MaskFileError';
}
