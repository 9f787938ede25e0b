import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DatasetOptions, openDataset } from './dataset.js';

const commit = '0123456789abcdef0123456789abcdef01234567';
const token = 'hf_readerReaderReader';
const content = Buffer.from('{"text":"one row"}\n');
const sha256 = createHash('sha256').update(content).digest('hex');

let server: Server;
let cacheDir: string;
let endpoint: string;
let listing: object[];
let requests: string[];
beforeEach(async () => {
  for (const name of ['HF_TOKEN', 'HF_ENDPOINT', 'HF_HUB_OFFLINE', 'GRASP_OFFLINE']) vi.stubEnv(name, '');
  listing = [{ type: 'file', path: 'data/test 1.jsonl', size: content.length, lfs: { oid: sha256 } }];
  requests = [];
  server = createServer(({ url = '', headers }, response) => {
    requests.push(`${url} ${headers.authorization}`);
    if (headers.authorization !== `Bearer ${token}`) response.writeHead(401).end();
    else if (url.includes('/revision/')) response.end(JSON.stringify({ _id: '1', id: 'a/b', sha: commit }));
    else if (url.includes('/tree/')) response.end(JSON.stringify(listing));
    else response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  cacheDir = await mkdtemp(join(tmpdir(), 'grasp-hub-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(cacheDir, { recursive: true });
});

const open = (options: DatasetOptions = {}) =>
  openDataset({ id: 'a/b' }, { endpoint, token, cacheDir, ...options });
const snapshot = () => join(cacheDir, 'datasets--a--b', 'snapshots', commit);

describe('openDataset', () => {
  it('fetches a file when it is asked for, into the cache that Python uses', async () => {
    const { paths, fetch } = await open();
    expect(paths).toEqual(['data/test 1.jsonl']);
    const path = await fetch('data/test 1.jsonl');
    expect(path).toBe(join(snapshot(), 'data', 'test 1.jsonl'));
    expect(content.equals(await readFile(path))).toBe(true);
    expect(requests.at(-1)).toBe(`/datasets/a/b/resolve/${commit}/data/test%201.jsonl Bearer ${token}`);
    await fetch('data/test 1.jsonl');
    expect(requests.filter((request) => request.includes('resolve'))).toHaveLength(1);
  });

  it('refuses and removes what does not have the hash that the Hub lists', async () => {
    listing = [{ type: 'file', path: 'a.jsonl', size: content.length, lfs: { oid: '0'.repeat(64) } }];
    const { fetch } = await open();
    await expect(fetch('a.jsonl')).rejects.toThrow(/a\/b: .*not the expected file/);
    expect(await readdir(snapshot())).toEqual([]);
  });

  it.each(['../../../etc/passwd', '/etc/passwd', 'a/../../b'])('refuses a listing with %s', async (path) => {
    listing = [{ type: 'file', path, size: 1, oid: '0' }];
    await expect(open()).rejects.toThrow('outside of the data set');
  });

  it('reads the copy offline, and names the variable where there is none', async () => {
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    await expect(open()).rejects.toThrow(/a\/b: not in the cache .* HF_HUB_OFFLINE is set/);
    vi.stubEnv('HF_HUB_OFFLINE', '');
    await (await open()).fetch('data/test 1.jsonl');
    await writeFile(join(snapshot(), 'data', 'other.jsonl.partial'), 'half');
    vi.stubEnv('GRASP_OFFLINE', '1');
    const { paths, fetch } = await open();
    expect(paths).toEqual(['data/test 1.jsonl']);
    expect(content.equals(await readFile(await fetch(paths[0]!)))).toBe(true);
  });

  it('keeps the token out of what it says', async () => {
    const refused = await open({ token: 'hf_wrongWrong' }).catch((error: Error) => error);
    expect(refused).toMatchObject({ code: 'GRASP_HUB', dataset: 'a/b' });
    expect(String(refused)).not.toContain('hf_wrongWrong');
  });
});
