/**
 * Why a file or folder cannot be written. `exists`: something else has the name. `overwrite`: something has the name that the
 * option `overwrite` would replace. `verify`: reading back gives other content. `input`: a bad argument.
 */
export type WriteFailure =
  | 'disk-full'
  | 'permission'
  | 'exists'
  | 'overwrite'
  | 'in-use'
  | 'verify'
  | 'input'
  | 'io';

/** A file or folder cannot be written. Nothing incomplete has the name `path`. */
export class FileWriteError extends Error {
  override readonly name = 'FileWriteError';
  readonly code = 'GRASP_FILE_WRITE';

  constructor(
    readonly path: string,
    readonly reason: WriteFailure,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: cannot be written: ${detail}`, options);
  }
}

/** Something has the name, and may not be replaced. */
export const takenError = (path: string): FileWriteError =>
  new FileWriteError(path, 'overwrite', 'it exists. Set "overwrite" to replace it, or choose another name.');

/** Another process holds a lock. */
export class LockHeldError extends Error {
  override readonly name = 'LockHeldError';
  readonly code = 'GRASP_LOCK_HELD';

  constructor(
    readonly lock: string,
    /** The process, for the message. */
    readonly holder: string,
  ) {
    super(`${lock} is held by ${holder}. Wait for it, or delete that file if the process is gone.`);
  }
}

/**
 * Converts a system error or a held lock into a `FileWriteError` that names `path`. Returns any other error unchanged,
 * so that the errors of a caller's own code pass through.
 */
export function writeError(path: string, error: unknown): Error {
  if (error instanceof LockHeldError) {
    return new FileWriteError(path, 'in-use', `another run writes there: ${error.message}`, { cause: error });
  }
  if (error instanceof Error && !('errno' in error)) return error;
  const detail = withoutPaths(error instanceof Error ? error.message : String(error));
  const fail = (reason: WriteFailure, text: string) =>
    new FileWriteError(path, reason, text, { cause: error });
  switch (codeOf(error)) {
    case 'ENOENT':
      return fail('io', `a folder of its path is missing (${detail}). Create it, or choose another path.`);
    case 'ENOSPC':
    case 'EDQUOT':
      return fail('disk-full', `the disk is full (${detail}). Free some space.`);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return fail('permission', `no permission (${detail}). Choose a folder you may write to.`);
    case 'ENOTDIR':
      return fail('io', `a part of its path is not a folder (${detail}). Choose another path.`);
    case 'EISDIR':
      return fail('exists', `a folder of that name is there (${detail}). Choose another name.`);
    default:
      return fail('io', detail);
  }
}

/** `EACCES: permission denied, open '/a/b.1f.partial'` without what follows the comma: names of drafts mean nothing to a reader. */
const withoutPaths = (message: string): string => message.replace(/^([A-Z0-9]+: [^,]+), .*$/s, '$1');

/** Returns whether an error means that a disk or a quota is full. */
export function isDiskFull(error: unknown): boolean {
  if (error instanceof FileWriteError) return error.reason === 'disk-full';
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error));
}

/** Runs `action` and converts its system errors with `writeError`. */
export async function naming<Result>(path: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    throw writeError(path, error);
  }
}

/** The `code` of an error, or an empty string. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
