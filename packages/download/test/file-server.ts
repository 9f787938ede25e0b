import { stat } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A web server on this machine, for as long as a test runs. */
export async function serve(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface FileServerOptions {
  /** Cuts the connection of the first requests after so many bytes each, when they have arrived in the file. */
  readonly cuts?: readonly number[];
  readonly arriving?: string;
  /** Ignores Range, as some servers do. */
  readonly ranges?: boolean;
}

/** Serves one file, with ranges, and notes what was asked. */
export async function fileServer(content: Buffer, options: FileServerOptions = {}) {
  const { cuts = [], arriving = '', ranges = true } = options;
  const requests: IncomingHttpHeaders[] = [];
  const server = await serve(async ({ headers }, response) => {
    const cut = cuts[requests.length];
    requests.push(headers);
    const start = ranges ? Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0) : 0;
    if (start >= content.length) return response.writeHead(416).end();
    const part = content.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': part.length,
      ...(start > 0 ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
    });
    if (cut === undefined) return response.end(part);
    response.write(part.subarray(0, cut));
    while (cut > 0 && (await sizeOf(arriving)) < start + cut) await sleep(2);
    response.destroy();
  });
  return { ...server, requests };
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );
