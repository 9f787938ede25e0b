/** A step of healing failed. What was trained before it is saved, if there is a state file. */
export class HealError extends Error {
  override readonly name = 'HealError';
  readonly code = 'GRASP_HEAL';
  constructor(
    message: string,
    /** The step, counted from 1. */
    readonly step: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Teacher and pruned model do not fit together. */
export class TeacherMisfitError extends Error {
  override readonly name = 'TeacherMisfitError';
  readonly code = 'GRASP_HEAL_TEACHER';
}

/** A folder cannot serve as the cache of a teacher's predictions. */
export class TeacherCacheError extends Error {
  override readonly name = 'TeacherCacheError';
  readonly code = 'GRASP_HEAL_TEACHER_CACHE';
  constructor(
    readonly folder: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${folder}: ${problem}. Use another folder for the teacher's predictions.`, options);
  }
}
