import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileServer, serve } from '../test/file-server.js';
import { download, type RemoteFile } from './download.js';

const content = randomBytes(300_000);
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const remote = (url: string, bytes = content): RemoteFile => ({
  url,
  bytes: bytes.length,
  digest: { algorithm: 'sha256', hex: sha256(bytes) },
});
const problem = (name: string) => expect.objectContaining({ code: 'GRASP_DOWNLOAD', problem: name });
const quick = { retryMs: 1 };

let folder: string;
let target: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-download-'));
  target = join(folder, 'deep', 'file');
});
afterEach(() => rm(folder, { recursive: true }));

/** What stands beside the target. */
const left = () => readdir(join(folder, 'deep'));

/** A server that breaks its first transfers after so many bytes. */
const cutting = (...cuts: number[]) => fileServer(content, { cuts, arriving: `${target}.partial` });

describe('download', () => {
  it('gives the file its name when it is whole, and leaves nothing else', async () => {
    await using server = await fileServer(content);
    const seen: number[] = [];
    await download(remote(server.url), target, { onBytes: (done) => seen.push(done) });
    expect(content.equals(await readFile(target))).toBe(true);
    expect(await left()).toEqual(['file']);
    expect(seen.at(-1)).toBe(content.length);
    await download(remote(server.url), target);
    expect(server.requests).toHaveLength(1);
  });

  it('goes on where a connection broke, as often as it brings something', async () => {
    await using server = await cutting(70_000, 0, 0, 0, 50_000, 0, 0, 0, 60_000);
    await download(remote(server.url), target, quick);
    expect(content.equals(await readFile(target))).toBe(true);
    const starts = new Set(server.requests.map(({ range }) => range));
    expect([...starts]).toEqual([undefined, 'bytes=70000-', 'bytes=120000-', 'bytes=180000-']);
  });

  it('keeps what came for the next run, which asks for the rest alone', async () => {
    await using broken = await cutting(100_000, 0, 0, 0, 0, 0);
    await expect(download(remote(broken.url), target, quick)).rejects.toEqual(problem('unreachable'));
    expect(await left()).toEqual(['file.partial']);
    await using server = await fileServer(content);
    await download(remote(server.url), target);
    expect(content.equals(await readFile(target))).toBe(true);
    expect(server.requests.map(({ range }) => range)).toEqual(['bytes=100000-']);
  });

  it('starts again if the server does not support ranges', async () => {
    await using server = await fileServer(content, {
      cuts: [100_000],
      arriving: `${target}.partial`,
      ranges: false,
    });
    await download(remote(server.url), target, quick);
    expect(content.equals(await readFile(target))).toBe(true);
  });

  it('refuses and removes a file with another hash, also where it went on from another file', async () => {
    const other = Buffer.from(content).fill(0, 0, 10);
    await using server = await fileServer(other);
    await expect(download(remote(server.url), target)).rejects.toEqual(problem('hash-mismatch'));
    expect(await left()).toEqual([]);
    await writeFile(`${target}.partial`, other.subarray(0, 100));
    await using right = await fileServer(content);
    await expect(download(remote(right.url), target)).rejects.toEqual(problem('hash-mismatch'));
    await download(remote(right.url), target);
    expect(content.equals(await readFile(target))).toBe(true);
  });

  it('refuses a file of another length without reading on', async () => {
    await using longer = await fileServer(Buffer.concat([content, randomBytes(1)]));
    await expect(download(remote(longer.url), target, quick)).rejects.toEqual(problem('hash-mismatch'));
    await using shorter = await fileServer(content.subarray(1));
    await expect(download(remote(shorter.url), target, quick)).rejects.toEqual(problem('unreachable'));
    expect(await left()).not.toContain('file');
  });

  it('asks once where it is refused, and keeps passwords and signatures to itself', async () => {
    let requests = 0;
    await using server = await serve((_request, response) => {
      requests++;
      response.writeHead(403).end('no');
    });
    const failure = download(remote(`${server.url}/file?signature=secret`), target, quick);
    await expect(failure).rejects.toEqual(problem('refused'));
    await expect(failure).rejects.not.toThrow('secret');
    expect(requests).toBe(1);
  });

  it('keeps passwords and signatures out of the causes of its errors', async () => {
    const failure: unknown = await download(
      remote('http://me:pass@127.0.0.1:1/file?signature=s3cr3t'),
      target,
      quick,
    ).catch((error: unknown) => error);
    expect(failure).toEqual(problem('unreachable'));
    expect(inspect(failure, { depth: 9 })).not.toMatch(/pass|s3cr3t/);
    expect((failure as Error).cause).toBeInstanceOf(Error);
  });

  it('sends its headers to no other server', async () => {
    await using storage = await fileServer(content);
    await using hub = await serve((_request, response) => {
      response.writeHead(302, { location: storage.url }).end();
    });
    await download(remote(hub.url), target, { headers: { authorization: 'Bearer hf_secret' } });
    expect(storage.requests.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it('downloads once when two ask at the same time', async () => {
    await using server = await fileServer(content);
    await Promise.all([download(remote(server.url), target), download(remote(server.url), target)]);
    expect(server.requests).toHaveLength(1);
  });

  it('knows files by the name git gives their content', async () => {
    await using server = await fileServer(Buffer.from('test content\n'));
    const digest = { algorithm: 'git-sha1', hex: 'd670460b4b4aece5915caf5c68d12f560a9fe3e4' } as const;
    await download({ url: server.url, bytes: 13, digest }, target);
    expect(await left()).toEqual(['file']);
  });

  it.each(['partial', 'lock'])('does not follow a link that waits as target.%s', async (suffix) => {
    const victim = join(folder, 'victim');
    await writeFile(victim, 'mine');
    await mkdir(join(folder, 'deep'));
    await symlink(victim, `${target}.${suffix}`);
    await using server = await fileServer(content);
    await expect(download(remote(server.url), target, quick)).rejects.toMatchObject({
      code: 'GRASP_FILE_WRITE',
      reason: 'exists',
      path: `${target}.${suffix}`,
    });
    expect(await readFile(victim, 'utf8')).toBe('mine');
  });

  it('stops when aborted, and keeps what came', async () => {
    await using server = await cutting(...Array(9).fill(1000));
    const controller = new AbortController();
    const stopping = download(remote(server.url), target, {
      retryMs: 60_000,
      signal: controller.signal,
      onBytes: () => setTimeout(() => controller.abort(), 100),
    });
    await expect(stopping).rejects.toThrow(/abort/);
    expect(await left()).toEqual(['file.partial']);
  });
});
