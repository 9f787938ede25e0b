import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
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
let named: unknown;
let answer: (url: string, response: ServerResponse) => boolean;
beforeEach(async () => {
  for (const name of ['HF_TOKEN', 'HF_ENDPOINT', 'HF_HUB_OFFLINE', 'GRASP_OFFLINE']) vi.stubEnv(name, '');
  listing = [{ type: 'file', path: 'data/test 1.jsonl', size: content.length, lfs: { oid: sha256 } }];
  requests = [];
  named = commit;
  answer = () => false;
  server = createServer(({ url = '', headers }, response) => {
    requests.push(`${url} ${headers.authorization}`);
    if (headers.authorization !== `Bearer ${token}`) response.writeHead(401).end();
    else if (answer(url, response)) return;
    else if (url.includes('/revision/')) response.end(JSON.stringify({ _id: '1', id: 'a/b', sha: named }));
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

  it('names the cache, not the Hub, if the cache cannot be written', async () => {
    await writeFile(join(cacheDir, 'file'), '');
    const opening = open({ cacheDir: join(cacheDir, 'file') });
    await expect(opening).rejects.toMatchObject({
      name: 'FileWriteError',
      path: expect.stringContaining('refs'),
    });
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

  it.each(['a//b', 'a/./b', '..\\..\\x', 'C:/x', 'a\u0000b', 'a\u001b[2Jb', ''])(
    'refuses a listing with %j',
    async (path) => {
      listing = [{ type: 'file', path, size: 1, lfs: { oid: sha256 } }];
      const refused = await open().catch((error: Error) => error);
      expect(String(refused)).toContain('outside of the data set');
      expect(String(refused)).not.toMatch(/\p{Cc}/u);
    },
  );

  it.each([
    { size: 1, oid: '../x' },
    { size: 1, lfs: { oid: '../x' } },
    { size: -1, lfs: { oid: sha256 } },
    { size: 1e300, lfs: { oid: sha256 } },
    { size: 'a', lfs: { oid: sha256 } },
  ])('refuses a listed file with %j', async (entry) => {
    listing = [{ type: 'file', path: 'a.jsonl', ...entry }];
    await expect(open()).rejects.toMatchObject({
      code: 'GRASP_HUB',
      message: expect.stringContaining('lists'),
    });
  });

  it.each(['../../x', '/tmp/x', '', 'main', commit.toUpperCase(), `${commit}/..`, 7])(
    'takes no commit %j from the Hub',
    async (sha) => {
      named = sha;
      await expect(open()).rejects.toThrow('not 40 hexadecimal digits');
      expect(await readdir(cacheDir)).toEqual([]);
    },
  );

  it.each([
    { id: '../b' },
    { id: 'a/..' },
    { id: 'a/b/c' },
    { id: 'a/b', revision: '../../x' },
    { id: 'a/b', revision: '/x' },
  ])('refuses %j as a data set', async (dataset) => {
    await expect(openDataset(dataset, { endpoint, token, cacheDir })).rejects.toMatchObject({
      code: 'GRASP_HUB',
    });
    expect(requests).toEqual([]);
  });

  it('takes no folder outside of the cache from a file in the cache', async () => {
    await open();
    await writeFile(join(cacheDir, 'datasets--a--b', 'refs', 'main'), '../../..');
    await expect(open({ offline: true })).rejects.toThrow('not in the cache');
  });

  describe('beside another server', () => {
    let other: Server;
    let heard: (string | undefined)[];
    let host: string;
    beforeEach(async () => {
      heard = [];
      other = createServer(({ headers }, response) => {
        heard.push(headers.authorization);
        response.end(heard.length > 1 ? content : '[]');
      });
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      host = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    });
    afterEach(async () => {
      other.closeAllConnections();
      await new Promise((resolve) => other.close(resolve));
    });

    it('requests no page of the listing from it', async () => {
      answer = (url, response) => {
        if (!url.includes('/tree/')) return false;
        response.writeHead(200, { link: `<${host}/next>; rel="next"` }).end(JSON.stringify(listing));
        return true;
      };
      await expect(open()).rejects.toThrow(/a page of its list of files is on 127/);
      expect(heard).toEqual([]);
    });

    it('sends no token to it across a redirect', async () => {
      answer = (url, response) => {
        if (!url.includes('/resolve/') && !url.includes('/tree/')) return false;
        response.writeHead(307, { location: `${host}/elsewhere` }).end();
        return true;
      };
      await open();
      answer = (url, response) => {
        if (!url.includes('/resolve/')) return false;
        response.writeHead(302, { location: `${host}/elsewhere` }).end();
        return true;
      };
      await (await open()).fetch('data/test 1.jsonl');
      expect(heard).toEqual([undefined, undefined]);
    });
  });

  it('stops at a list of files that leads in a circle or never ends', async () => {
    let page = 0;
    answer = (url, response) => {
      if (!url.includes('/tree/')) return false;
      const next = circle ? url : `${url.split('&cursor')[0]}&cursor=${++page}`;
      response.writeHead(200, { link: `<${endpoint}${next}>; rel="next"` }).end('[]');
      return true;
    };
    let circle = true;
    await expect(open()).rejects.toThrow('in a circle');
    circle = false;
    await expect(open()).rejects.toThrow(/more than 1000 pages/);
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
    expect(inspect(refused, { depth: 9, showHidden: true })).not.toContain('hf_wrongWrong');
  });
});
