/** What decides a run's result, in parts that a message can name. A state serves runs with an equal one alone. */
export type RunIdentity = Readonly<Record<string, string | number>>;

/** A saved state cannot be used. */
export class RunStateError extends Error {
  override readonly name = 'RunStateError';
  readonly code = 'GRASP_OUTPUT_STATE';
  constructor(
    readonly path: string,
    detail: string,
    /** Parts of the run's identity that differ. */
    readonly differences: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(`${path}: ${detail}`, options);
  }
}

/** Ends a message about a state that a restart discards. */
export const RESTART = 'Restart (--restart) to discard it.';

/**
 * Refuses a state of another run.
 *
 * @param then of the run that saved it.
 * @throws RunStateError that names each part that differs: `keep: 0.5 then, 0.6 now`
 */
export function checkSameRun(path: string, then: RunIdentity, now: RunIdentity): void {
  const names = [...new Set([...Object.keys(then), ...Object.keys(now)])];
  const differences = names
    .filter((name) => then[name] !== now[name])
    .map((name) => `${name}: ${shown(then[name])} then, ${shown(now[name])} now`);
  if (differences.length === 0) return;
  const detail = `the saved state is of another run (${differences.join('; ')}). Ask for the same as then to go on from it. ${RESTART}`;
  throw new RunStateError(path, detail, differences);
}

/** A value, of a hash its beginning. */
const shown = (value: string | number = 'none'): string =>
  String(value).replace(/^[0-9a-f]{32,}$/, (hash) => `${hash.slice(0, 12)}…`);
