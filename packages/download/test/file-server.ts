import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

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
  /** Cuts the connection of the first requests after so many bytes each. */
  readonly cuts?: readonly number[];
  /** Ignores Range, as some servers do. */
  readonly ranges?: boolean;
}

/** Serves one file, with ranges, and notes what was asked. */
export async function fileServer(content: Buffer, { cuts = [], ranges = true }: FileServerOptions = {}) {
  const requests: IncomingHttpHeaders[] = [];
  const server = await serve(({ headers }, response) => {
    const cut = cuts[requests.length];
    requests.push(headers);
    const start = ranges ? Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0) : 0;
    if (start >= content.length) return void response.writeHead(416).end();
    const part = content.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': part.length,
      ...(start > 0 ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
    });
    if (cut === undefined) response.end(part);
    else response.write(part.subarray(0, cut), () => setTimeout(() => response.destroy(), 20));
  });
  return { ...server, requests };
}
