/** Checks of values that become paths, URLs or names of files. */

import { HubError } from '../errors.js';
import { LIMITS } from '../limits.js';

const CONTROL = /[\p{Cc}\p{Cf}\u2028\u2029]/u;

/** Whether a value is a commit: 40 hexadecimal digits. */
export function isCommit(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{40}$/.test(value);
}

/** Returns the commit that the Hub names for a revision. */
export function checkedCommit(value: unknown, dataset: string): string {
  if (isCommit(value)) return value;
  throw new HubError(dataset, `the Hub names a commit that is not 40 hexadecimal digits: ${shown(value)}`);
}

/** Returns a path that the Hub lists, if it stays inside the data set. */
export function checkedPath(value: unknown, dataset: string): string {
  if (isInside(value)) return value;
  throw new HubError(dataset, `the Hub lists a file outside of the data set: ${shown(value)}`);
}

/** Returns the number of bytes that the Hub lists for a file. */
export function checkedSize(value: unknown, path: string, dataset: string): number {
  if (Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= LIMITS.fileBytes)
    return Number(value);
  throw new HubError(dataset, `the Hub lists ${shown(value)} bytes for ${shown(path)}`);
}

/** Returns the hexadecimal digits of a hash that the Hub lists for a file. */
export function checkedHash(value: unknown, digits: number, path: string, dataset: string): string {
  if (typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/.test(value)) return value;
  throw new HubError(
    dataset,
    `the Hub lists no hash of ${digits} hexadecimal digits for ${shown(path)}: ${shown(value)}`,
  );
}

/** Checks the name and the revision that a caller gives. */
export function checkName(id: string, revision: string): void {
  if (!/^[\w.-]+(\/[\w.-]+)?$/.test(id) || !isInside(id)) {
    throw new HubError(id, 'is not a name on the Hub. It should be OWNER/NAME.');
  }
  if (!isInside(revision)) throw new HubError(id, `${shown(revision)} is not a branch or a commit`);
}

/** Whether a path stays below the folder that it is relative to, on every system. */
function isInside(path: unknown): path is string {
  if (typeof path !== 'string' || CONTROL.test(path) || /[\\:]/.test(path)) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** A value of a server in a message: short, and without control characters. */
function shown(value: unknown): string {
  const json = String(JSON.stringify(value)).slice(0, 100);
  return json.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (found) => `\\u${found.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  );
}
