/** Units, tensors and masks that do not fit together. */
export class FoldError extends Error {
  readonly code = 'GRASP_FOLD';
  override readonly name = 'FoldError';
}

/** A mask file that is damaged, of another version, or made for another model. */
export class MaskFileError extends Error {
  readonly code = 'GRASP_MASK_FILE';
  override readonly name = 'MaskFileError';
}
