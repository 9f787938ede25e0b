import { access, constants, lstat } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { FileWriteError, naming, takenError } from './errors.js';
import { isTaken } from './folders/overlap.js';
import type { ReplaceOptions } from './replace-file.js';

/**
 * Refuses the name of a file that `replaceFile` could not write, so that a program can say so before its work. Looks at
 * the folder, and writes nothing.
 *
 * @throws FileWriteError: `io` if a folder of the path is missing or a file, `permission`, `exists` (a folder has the name),
 *   `overwrite` (a file is there, and the option is not set), `input` if the path ends in a separator
 */
export async function assertWritable(
  path: string,
  { overwrite = true }: Pick<ReplaceOptions, 'overwrite'> = {},
): Promise<void> {
  if (path.endsWith('/') || path.endsWith(sep))
    throw new FileWriteError(
      path,
      'input',
      `it ends in "${path.at(-1)}", as the path of a folder. Give the path of a file.`,
    );
  // The dot makes a file in place of the folder an error.
  await naming(path, () => access(`${dirname(path)}/.`, constants.W_OK | constants.X_OK));
  const info = await lstat(path).catch(() => undefined);
  if (info?.isDirectory())
    throw new FileWriteError(path, 'exists', 'a folder of that name is there. Choose another name.');
  await assertFree(path, { overwrite });
}

/**
 * Refuses a name that `replaceFile` would not replace, also where the folder is yet to be made.
 *
 * @throws FileWriteError ('overwrite') if something has the name and the option is not set
 */
export async function assertFree(
  path: string,
  { overwrite = true }: Pick<ReplaceOptions, 'overwrite'> = {},
): Promise<void> {
  if (!overwrite && (await isTaken(path))) throw takenError(path);
}
