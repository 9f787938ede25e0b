import { statfs } from 'node:fs/promises';
import { DownloadError } from './errors.js';

/**
 * Refuses a download for which the disk has no room, before it begins.
 *
 * @param folder an existing folder on the disk
 * @param bytes that the download needs
 * @param what the download, for the message
 * @throws DownloadError ('disk-full')
 */
export async function checkSpace(folder: string, bytes: number, what: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes) return;
  const megabytes = (n: number) => `${Math.ceil(n / 1e6).toLocaleString('en-US')} MB`;
  throw new DownloadError(
    'disk-full',
    `${what} needs ${megabytes(bytes)} in ${folder}, and ${megabytes(free)} are free.`,
    'Free some space, or move the cache with XDG_CACHE_HOME.',
  );
}
