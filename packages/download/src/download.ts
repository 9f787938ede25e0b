import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DownloadError } from './errors.js';
import { type Digest, digestOf, isDiskFull, sizeOf, sync } from './files.js';
import { withLock } from './lock.js';
import { webFetch } from './network.js';
import { withoutSecrets } from './secrets.js';

/** A file on a web server, known beforehand by its length and hash. */
export interface RemoteFile {
  readonly url: string;
  readonly bytes: number;
  readonly digest: Digest;
}

export interface DownloadOptions {
  /** Sent to the server itself, never on to another that it names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: Node's, through the proxies of the environment. */
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal;
  /** Told how many bytes have come, those of earlier attempts included. */
  readonly onBytes?: (done: number, total: number) => void;
  /** First wait before trying again; doubles each time. Default 1000. */
  readonly retryMs?: number;
}

/** Tries in a row that may bring nothing before it is given up. */
const patience = 5;

/**
 * Downloads a file to `target`, which appears under that name only when it is whole and its hash is right. What a
 * broken transfer brought stays beside it as `target.partial`, and the next attempt, in this run or a later one, asks
 * for the rest (HTTP Range). Of several processes one downloads and the others wait. A file that is there is left alone.
 *
 * @throws DownloadError ('unreachable', 'refused', 'hash-mismatch', 'disk-full')
 */
export async function download(
  file: RemoteFile,
  target: string,
  options: DownloadOptions = {},
): Promise<void> {
  const { signal } = options;
  await mkdir(dirname(target), { recursive: true });
  const isDone = () => {
    signal?.throwIfAborted();
    return existsSync(target);
  };
  await withLock(`${target}.lock`, isDone, async () => {
    const partial = `${target}.partial`;
    try {
      await receiveAll(file, partial, options);
      const hex = await digestOf(partial, file.digest.algorithm);
      if (hex !== file.digest.hex) {
        throw await discard(file, partial, `its hash is ${hex}, expected ${file.digest.hex}`);
      }
      await sync(partial);
      await rename(partial, target);
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      throw new DownloadError(
        'disk-full',
        `No space was left for ${target}.`,
        'Free some; what came so far is kept.',
        {
          cause: error,
        },
      );
    }
  });
}

/** Removes what came, as it is not the file that was asked for. */
async function discard({ url }: RemoteFile, partial: string, found: string): Promise<DownloadError> {
  await rm(partial, { force: true });
  return new DownloadError(
    'hash-mismatch',
    `What ${withoutSecrets(url)} delivers is not the expected file: ${found}. It was discarded.`,
    'Try again; if it happens twice, a proxy or mirror alters downloads.',
  );
}

/** Receives what is missing, from where the last attempt stopped, until the file has its length. */
async function receiveAll(file: RemoteFile, partial: string, options: DownloadOptions): Promise<void> {
  const get = options.fetch ?? webFetch();
  let have = await sizeOf(partial);
  let most = have;
  for (let failures = 0; have < file.bytes; ) {
    try {
      await receive(file, partial, have, get, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof DownloadError || isDiskFull(error)) throw error;
      failures = (await sizeOf(partial)) > most ? 1 : failures + 1;
      if (failures >= patience) throw unreachable(file, error);
      await sleep((options.retryMs ?? 1000) * 2 ** (failures - 1), undefined, { signal: options.signal });
    }
    have = await sizeOf(partial);
    most = Math.max(most, have);
  }
}

/** One request for the bytes from `have` on, appended to the file. A server without ranges sends all of them. */
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
    if (status === 416) await rm(partial); // it has fewer bytes than we hold: begin anew
    if ([408, 416, 429].includes(status) || status >= 500) throw new Error(`the server answered ${status}`);
    throw refused(file, status);
  }
  let done = status === 206 ? startOf(response.headers.get('content-range')) : 0;
  if (done !== 0 && done !== have) throw new Error(`asked for bytes from ${have}, got them from ${done}`);
  const flags = done === 0 ? 'w' : 'a';
  async function* counted(chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      done += chunk.length;
      if (done > file.bytes)
        throw await discard(file, partial, `more than the ${file.bytes} bytes it should have`);
      onBytes?.(done, file.bytes);
      yield chunk;
    }
  }
  await pipeline(body, counted, createWriteStream(partial, { flags }));
  if (done < file.bytes) throw new Error(`the connection ended after ${done} of ${file.bytes} bytes`);
}

function refused({ url }: RemoteFile, status: number): DownloadError {
  return new DownloadError(
    'refused',
    `${withoutSecrets(url)} was refused: the server answered ${status}.`,
    status === 401 || status === 403 ? 'Give a token that may read it.' : 'Look whether it is still there.',
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
    'Check the network and the proxy (HTTPS_PROXY, NO_PROXY) and run again: what came so far is kept.',
    { cause: error },
  );
}

/** What a failed request says of itself and of its cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
