import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';

/**
 * Calls `work` while a server in place of the Hub lists `files` and never sends one. `onRequest` is called when one is
 * asked for.
 */
export async function withHangingHub<Result>(
  files: readonly string[],
  onRequest: () => void,
  work: () => Promise<Result>,
): Promise<Result> {
  const oid = createHash('sha256').update('').digest('hex');
  const server = createServer(({ url = '' }, response) => {
    if (url.includes('/revision/'))
      response.end(JSON.stringify({ _id: '1', id: 'a/b', sha: oid.slice(0, 40) }));
    else if (url.includes('/tree/'))
      response.end(JSON.stringify(files.map((path) => ({ type: 'file', path, size: 100, lfs: { oid } }))));
    else onRequest();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const home = await mkdtemp(join(tmpdir(), 'grasp-hanging-hub-'));
  for (const name of ['HF_TOKEN', 'HF_HUB_OFFLINE', 'GRASP_OFFLINE']) vi.stubEnv(name, '');
  vi.stubEnv('HF_ENDPOINT', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('HF_HOME', home);
  vi.stubEnv('HF_HUB_CACHE', join(home, 'hub'));
  try {
    return await work();
  } finally {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(home, { recursive: true });
  }
}
