export type DownloadProblem =
  | 'offline'
  | 'unreachable'
  | 'refused'
  | 'hash-mismatch'
  | 'no-python'
  | 'no-pip'
  | 'pip'
  | 'bad-wheel'
  | 'disk-full';

/** A file cannot be fetched. The message says why and what to do. */
export class DownloadError extends Error {
  readonly code = 'GRASP_DOWNLOAD';
  override readonly name = 'DownloadError';
  constructor(
    readonly problem: DownloadProblem,
    /** What happened. */
    readonly reason: string,
    /** What to do about it. */
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${reason} ${remedy}`, options);
  }
}

/** The error for a file that must be fetched while the caller, or an environment variable, forbids the network. */
export function offline(what: string, variable: string | undefined): DownloadError {
  const why = variable === undefined ? '' : ` (${variable} is set)`;
  return new DownloadError(
    'offline',
    `${what} is not in the cache, and fetching is switched off${why}.`,
    `Run once with a network${variable === undefined ? '' : ` and without ${variable}`}.`,
  );
}
