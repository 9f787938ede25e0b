import { DownloadError, type FileSource, type PinnedFile, receiver } from '@grasp/download';
import { type HubOptions, hubAccess, whyOffline } from './access/access.js';
import { checkName } from './access/server-values.js';

/** A file of a model repository on the Hub. */
export interface ModelFile {
  /** `owner/name`. */
  readonly id: string;
  /** Branch or commit. */
  readonly revision: string;
  readonly path: string;
}

export interface ModelFileOptions extends HubOptions {
  /** Called with the bytes received so far, including those of earlier attempts. */
  readonly onBytes?: (done: number, total: number) => void;
  /** Attempts in a row that may receive nothing. Default 5. */
  readonly attempts?: number;
}

/**
 * A model's file on the Hub as a source for `fetchFile` of `@grasp/download`. Its length and hash are known, so nothing
 * is listed.
 *
 * @throws HubError if the name or the revision is not one
 */
export async function modelFile(
  { id, revision, path }: ModelFile,
  pinned: PinnedFile,
  options: ModelFileOptions = {},
): Promise<FileSource> {
  checkName(id, revision);
  const { hubUrl, accessToken, fetch } = await hubAccess(options);
  const url = `${hubUrl}/${id}/resolve/${revision}/${path.split('/').map(encodeURIComponent).join('/')}`;
  const { signal, onBytes, attempts } = options;
  const receive = receiver(
    { url, ...pinned },
    {
      fetch,
      ...(accessToken === undefined ? {} : { headers: { authorization: `Bearer ${accessToken}` } }),
      ...(signal ? { signal } : {}),
      ...(onBytes ? { onBytes } : {}),
      ...(attempts === undefined ? {} : { attempts }),
    },
  );
  return {
    name: `${id} on the Hugging Face Hub`,
    receive: async (partial) => {
      const why = whyOffline(options);
      if (why === undefined) return receive(partial);
      throw new DownloadError('offline', `${id} was not fetched: ${why}.`, 'Run once with a network.');
    },
  };
}
