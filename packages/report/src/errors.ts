/** A folder has no record of a run, or the record is damaged or from another release. */
export class RunFolderError extends Error {
  override readonly name = 'RunFolderError';
  readonly code = 'GRASP_RUN_FOLDER';

  constructor(
    readonly folder: string,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`${folder}: ${detail}`, options);
  }
}
