import { checkNesting } from '@grasp/files';
import { CheckpointFormatError } from '../errors.js';
import { parsePythonJson } from './json-text.js';

/**
 * Parses an untrusted JSON object. Accepts the NaN and Infinity that Python writes. Refuses duplicate keys, because
 * `JSON.parse` keeps the last one and two readers could
 * see two different files.
 *
 * @throws CheckpointFormatError
 */
export function parseJsonObject(bytes: Uint8Array, file: string): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CheckpointFormatError(file, 'it is not UTF-8 text');
  }
  let value: unknown;
  let keys: number;
  try {
    checkNesting(text);
    value = parsePythonJson(text);
    keys = countKeys(value);
  } catch (error) {
    throw new CheckpointFormatError(
      file,
      `it is not valid JSON (${error instanceof Error ? error.message : error})`,
    );
  }
  if (!isObject(value)) throw new CheckpointFormatError(file, 'it is not a JSON object');
  if (countMembers(text) !== keys)
    throw new CheckpointFormatError(file, 'a key occurs twice in one JSON object');
  return value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const children = Object.values(value);
  let keys = Array.isArray(value) ? 0 : children.length;
  for (const child of children) keys += countKeys(child);
  return keys;
}

/** Counts the members of all objects in valid JSON text: the colons outside strings. */
function countMembers(text: string): number {
  let members = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x3a) members++;
    else if (c === 0x22) {
      for (i++; text.charCodeAt(i) !== 0x22; i++) if (text.charCodeAt(i) === 0x5c) i++;
    }
  }
  return members;
}
