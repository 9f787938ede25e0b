import type * as z from 'zod';

/** A setting that is unknown, of the wrong type or out of range. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly code = 'GRASP_SETTINGS';
  constructor(
    message: string,
    /** Paths of the wrong settings. */
    readonly settings: readonly string[],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Longest found value that a message quotes, in characters. */
const QUOTED = 60;

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
}

const KINDS: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

/** What a value must be, in plain words. Undefined where zod's own words have to do. */
function expected(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected];
    case 'invalid_value':
      return issue.values.length === 1
        ? JSON.stringify(issue.values[0])
        : `one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_union':
      return 'a number or text';
    case 'too_small':
      if (issue.origin !== 'number' && issue.origin !== 'int') return 'not empty';
      return `${issue.inclusive === false ? 'above' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      return `${issue.inclusive === false ? 'below' : 'at most'} ${issue.maximum}`;
    default:
      return undefined;
  }
}

/** zod's findings in plain words: what a setting must be, and what was found. For `safeParse`. */
export function inPlainWords(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.map((key) => `"${key}"`).join(', ');
    return issue.keys.length === 1 ? `there is no setting ${names}` : `there are no settings ${names}`;
  }
  const must = expected(issue);
  return must === undefined ? undefined : `it must be ${must}; found ${shown(issue.input)}`;
}

/**
 * All that zod found wrong with settings, in one error.
 *
 * @param where what holds the settings: a file, for instance
 */
export function settingsError(error: z.ZodError, where?: string): SettingsError {
  const lines = error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  return new SettingsError(
    `${where === undefined ? 'Settings are not valid. ' : `${where}: `}${lines.join('; ')}.`,
    error.issues.map(({ path }) => path.join('.')),
  );
}
