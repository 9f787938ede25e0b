import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { DataFileError } from '../errors.js';
import { LIMITS } from '../limits.js';

/**
 * Reads the lines of a UTF-8 text file as a stream. Files named `.gz` are decompressed.
 *
 * Each line ends with `\n` (`\r\n` becomes `\n`), except a last line without a newline. Only newlines end a line; U+2028,
 * which JSON allows inside strings, does not.
 *
 * @throws DataFileError if the file cannot be read, is not UTF-8 text, or has a line that is too long.
 */
export async function* fileLines(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  try {
    for await (const bytes of byteStream(path)) {
      const text = decoder.decode(bytes as Uint8Array, { stream: true });
      if (text.includes('\0')) throw new DataFileError(path, 'is not text: it has NUL bytes');
      let start = 0;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
        const line = rest + text.slice(start, end);
        yield `${line.endsWith('\r') ? line.slice(0, -1) : line}\n`;
        rest = '';
        start = end + 1;
      }
      rest += text.slice(start);
      if (rest.length > LIMITS.lineCharacters) {
        throw new DataFileError(path, `a line has more than ${LIMITS.lineCharacters} characters`);
      }
    }
    rest += decoder.decode();
  } catch (error) {
    throw asDataFileError(path, error);
  }
  if (rest !== '') yield rest;
}

function byteStream(path: string): AsyncIterable<unknown> {
  const file = createReadStream(path);
  if (!/\.gz$/i.test(path)) return file;
  const unpacked = createGunzip();
  file.on('error', (error) => unpacked.destroy(error));
  unpacked.on('close', () => file.destroy());
  return file.pipe(unpacked);
}

/** Returns an error of reading `path` as a DataFileError. Typed errors are returned unchanged. */
export function asDataFileError(path: string, error: unknown): Error {
  if (error instanceof Error && 'code' in error) {
    if (String(error.code).startsWith('GRASP_')) return error;
    if (error.code === 'ENOENT') return new DataFileError(path, 'no such file', { cause: error });
    if (error.code === 'EISDIR') return new DataFileError(path, 'is a folder, not a file', { cause: error });
    if (error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      return new DataFileError(path, 'is not UTF-8 text', { cause: error });
  }
  return new DataFileError(
    path,
    `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    {
      cause: error,
    },
  );
}
