import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileWriteError, openRegular } from '@grasp/files';
import { DownloadError } from './errors.js';
import { discard, fetchFile, type PinnedFile } from './fetch-file.js';
import { isDiskFull, sizeOf } from './files.js';
import { webFetch } from './network.js';
import { errorWithoutSecrets, withoutSecrets } from './secrets.js';

/** A file on a web server, whose length and hash are known. */
export interface RemoteFile extends PinnedFile {
  readonly url: string;
}

export interface DownloadOptions {
  /** Sent to the server in `url` alone, not to one that it redirects to. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: `webFetch()`. */
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal;
  /** Called with the bytes received so far, including those of earlier attempts. */
  readonly onBytes?: (done: number, total: number) => void;
  /** First pause before another attempt, in milliseconds. Doubles each time. Default 1000. */
  readonly retryMs?: number;
  /** Attempts in a row that may receive nothing. Default 5. */
  readonly attempts?: number;
}

/**
 * Downloads a file to `target`. The file has that name when it is complete, its hash is right, and it is on the disk.
 * The part that a broken transfer delivered stays as `target.partial`. The next attempt, in this run or a later one,
 * requests the rest (HTTP Range). If several processes call this, one downloads and the others wait. A file that exists
 * is left alone.
 *
 * @throws DownloadError ('unreachable', 'refused', 'hash-mismatch', 'disk-full')
 * @throws FileWriteError with reason `exists` if a link or a FIFO has the name `target.partial` or `target.lock`
 */
export async function download(
  file: RemoteFile,
  target: string,
  options: DownloadOptions = {},
): Promise<void> {
  const source = { name: withoutSecrets(file.url), receive: receiver(file, options) };
  await fetchFile(file, target, [source], options);
}

/**
 * How to receive a file from a web server, for `fetchFile`: appends the missing bytes to a partial file. Its promise
 * rejects as that of `download`.
 */
export function receiver(
  file: RemoteFile,
  options: DownloadOptions = {},
): (partial: string) => Promise<void> {
  return (partial) => receiveAll(file, partial, options);
}

/** Requests the missing bytes until the file has its length. */
async function receiveAll(file: RemoteFile, partial: string, options: DownloadOptions): Promise<void> {
  const get = options.fetch ?? webFetch();
  let have = await sizeOf(partial);
  let most = have;
  for (let failures = 0; have < file.bytes; ) {
    try {
      await receive(file, partial, have, get, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof DownloadError || error instanceof FileWriteError || isDiskFull(error)) throw error;
      failures = (await sizeOf(partial)) > most ? 1 : failures + 1;
      if (failures >= (options.attempts ?? 5)) throw unreachable(file, error);
      await sleep((options.retryMs ?? 1000) * 2 ** (failures - 1), undefined, { signal: options.signal });
    }
    have = await sizeOf(partial);
    most = Math.max(most, have);
  }
}

/** Requests the bytes from `have` on and appends them. A server without ranges sends the whole file. */
async function receive(
  file: RemoteFile,
  partial: string,
  have: number,
  get: typeof fetch,
  { headers, signal, onBytes }: DownloadOptions,
): Promise<void> {
  const response = await get(file.url, {
    headers: {
      ...headers,
      'accept-encoding': 'identity', // a compressed answer would count other bytes than the file's
      ...(have > 0 ? { range: `bytes=${have}-` } : {}),
    },
    ...(signal ? { signal } : {}),
  });
  const { status, body } = response;
  if (!response.ok || body === null) {
    await body?.cancel();
    if (status === 416) await rm(partial); // the file has fewer bytes than we hold: start again
    if ([408, 416, 429].includes(status) || status >= 500) throw new Error(`the server answered ${status}`);
    throw refused(file, status);
  }
  let done = status === 206 ? startOf(response.headers.get('content-range')) : 0;
  if (done !== 0 && done !== have) {
    await body.cancel();
    throw new Error(`asked for bytes from ${have}, got them from ${done}`);
  }
  const handle = await openRegular(partial, done === 0 ? 'truncate' : 'append');
  async function* counted(chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      done += chunk.length;
      if (done > file.bytes)
        throw await discard(
          withoutSecrets(file.url),
          partial,
          `more than the ${file.bytes} bytes it should have`,
        );
      onBytes?.(done, file.bytes);
      yield chunk;
    }
  }
  await pipeline(body, counted, handle.createWriteStream());
  if (done < file.bytes) throw new Error(`the connection ended after ${done} of ${file.bytes} bytes`);
}

function refused({ url }: RemoteFile, status: number): DownloadError {
  return new DownloadError(
    'refused',
    `${withoutSecrets(url)} was refused: the server answered ${status}.`,
    status === 401 || status === 403
      ? 'Provide an access token that may read it.'
      : 'Check that the file still exists.',
  );
}

function startOf(contentRange: string | null): number {
  const start = /^bytes (\d+)-/.exec(contentRange ?? '')?.[1];
  return start === undefined ? Number.NaN : Number(start);
}

function unreachable({ url }: RemoteFile, error: unknown): DownloadError {
  return new DownloadError(
    'unreachable',
    `${withoutSecrets(url)} could not be downloaded: ${withoutSecrets(reasonOf(error))}.`,
    'Check the network and the proxy (HTTPS_PROXY, NO_PROXY) and run again: the part received so far is kept.',
    { cause: errorWithoutSecrets(error) },
  );
}

/** The message of an error, with that of its cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
