import type * as z from 'zod';

/** A setting that is unknown, of the wrong type or out of range. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly code = 'GRASP_SETTINGS';
  constructor(
    message: string,
    /** Paths of the wrong settings. */
    readonly settings: readonly string[],
  ) {
    super(message);
  }
}

/** All that zod found wrong with settings, in one error. */
export function settingsError(error: z.ZodError): SettingsError {
  const lines = error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  return new SettingsError(
    `Settings are not valid. ${lines.join('; ')}.`,
    error.issues.map(({ path }) => path.join('.')),
  );
}
