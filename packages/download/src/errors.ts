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

/** A file that could not be had from elsewhere. The message says why and what to do. */
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

/** Something that would have to be fetched, while fetching is switched off: by the caller, or by a variable. */
export function offline(what: string, variable: string | undefined): DownloadError {
  const why = variable === undefined ? '' : ` (${variable} is set)`;
  return new DownloadError(
    'offline',
    `${what} is not in the cache, and fetching is switched off${why}.`,
    `Run once with a network${variable === undefined ? '' : ` and without ${variable}`}.`,
  );
}
