import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fileServer, serve } from '../../download/test/file-server.js';
import { modelFile } from './model-file.js';

const content = Buffer.from('GGUF and so on');
const hex = createHash('sha256').update(content).digest('hex');
const pinned = { bytes: content.length, digest: { algorithm: 'sha256', hex } } as const;
const file = { id: 'owner/name', revision: 'main', path: 'sub folder/a.gguf' };

let folder: string;
let partial: string;
beforeEach(async () => {
  for (const name of ['HF_TOKEN', 'HF_ENDPOINT', 'HF_HUB_OFFLINE', 'GRASP_OFFLINE']) vi.stubEnv(name, '');
  folder = await mkdtemp(join(tmpdir(), 'grasp-hub-'));
  partial = join(folder, 'a.gguf.partial');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

it('continues a partial file from the storage that the Hub names, which gets no token', async () => {
  await using storage = await fileServer(content);
  const asked: (string | undefined)[] = [];
  await using hub = await serve(({ url, headers }, response) => {
    asked.push(url, headers.authorization);
    response.writeHead(302, { location: storage.url }).end();
  });
  await writeFile(partial, content.subarray(0, 6));
  const source = await modelFile(file, pinned, { endpoint: hub.url, token: 'hf_secret' });
  await source.receive(partial);
  expect(await readFile(partial)).toEqual(content);
  expect(asked).toEqual(['/owner/name/resolve/main/sub%20folder/a.gguf', 'Bearer hf_secret']);
  expect(storage.requests.map(({ range, authorization }) => [range, authorization])).toEqual([
    ['bytes=6-', undefined],
  ]);
});

it('uses no network where that is forbidden', async () => {
  await using hub = await fileServer(content);
  vi.stubEnv('HF_HUB_OFFLINE', '1');
  const source = await modelFile(file, pinned, { endpoint: hub.url });
  await expect(source.receive(partial)).rejects.toMatchObject({ problem: 'offline' });
  expect(hub.requests).toEqual([]);
});

it('refuses what is not a name', async () => {
  await expect(modelFile({ ...file, id: '../name' }, pinned)).rejects.toMatchObject({ code: 'GRASP_HUB' });
});
