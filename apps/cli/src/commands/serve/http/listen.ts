import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SettingsError } from '@grasp/prune';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';

/** A server that accepts requests. */
export interface Listening {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Accepts no more requests, and resolves when all that were accepted are answered. */
  close(): Promise<void>;
}

/**
 * Starts to listen.
 *
 * @param port 0 for any free one
 * @throws SettingsError if the port is in use or may not be used, or the machine does not have the address
 */
export async function listen(app: Hono, host: string, port: number): Promise<Listening> {
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(refused(error, host, port)));
    server.listen(port, host, resolve);
  });
  let closing = false;
  // A connection whose last answer ends after the server began to close would be kept for seconds.
  server.on('request', (_, answer) =>
    answer.once('close', () => closing && setImmediate(() => server.closeIdleConnections())),
  );
  const { address, family, port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${actual}`,
    close: () =>
      new Promise((resolve) => {
        closing = true;
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

/** Checks whether a server could listen. @throws SettingsError as {@link listen} */
export async function checkAddress(host: string, port: number): Promise<void> {
  await (await listen(new Hono(), host, port)).close();
}

function refused(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const where = `${host}, port ${port}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new SettingsError(
        `${where}: another process uses this port. Stop it, or choose another one with --port.`,
        ['port'],
      );
    case 'EACCES':
      return new SettingsError(
        `${where}: this user may not use this port. Choose one above 1023 with --port.`,
        ['port'],
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN': // no server of names answers
    case 'EINVAL': // fe80::1 without its interface
    case 'EAFNOSUPPORT':
      return new SettingsError(`${where}: this machine does not have this address. Check --host.`, ['host']);
    default:
      return error;
  }
}
