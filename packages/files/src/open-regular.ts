import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { codeOf, FileWriteError } from './errors.js';

/** Windows has neither flag. */
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>;

const FLAGS = {
  read: constants.O_RDONLY,
  append: constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND,
  /** Empties an existing file. */
  truncate: constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC,
};

/**
 * Opens the file that has the name `path` itself. Does not follow a symbolic link, and does not wait for the other
 * end of a FIFO.
 *
 * @throws FileWriteError with reason `exists` if something other than a regular file has that name; system errors
 */
export async function openRegular(path: string, mode: keyof typeof FLAGS): Promise<FileHandle> {
  const other = (what: string) =>
    new FileWriteError(path, 'exists', `${what} has that name. Remove it, or choose another name.`);
  if (O_NOFOLLOW === 0 && (await isLink(path))) throw other('a symbolic link');
  let handle: FileHandle;
  try {
    handle = await open(path, FLAGS[mode] | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (['ELOOP', 'EMLINK'].includes(codeOf(error)) && (await isLink(path))) throw other('a symbolic link');
    // ENXIO: a FIFO that nobody reads, or a socket.
    if (['ENXIO', 'EISDIR'].includes(codeOf(error))) throw other('something that is not a regular file');
    throw error;
  }
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw other('something that is not a regular file');
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (info) => info.isSymbolicLink(),
    () => false,
  );
}
