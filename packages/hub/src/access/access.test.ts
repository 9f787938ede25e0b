import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { hubAccess } from './access.js';

afterEach(() => vi.unstubAllEnvs());

it.each(['notaurl', 'ftp://hub.example', 'file:///etc'])('refuses the endpoint %s', async (endpoint) => {
  await expect(hubAccess({ endpoint, token: 'x' })).rejects.toMatchObject({ code: 'GRASP_HUB_ENDPOINT' });
  vi.stubEnv('HF_ENDPOINT', endpoint);
  await expect(hubAccess({ token: 'x' })).rejects.toThrow(
    `HF_ENDPOINT is "${endpoint}", which is no web address`,
  );
});

it('takes a web address without the slash at its end', async () => {
  vi.stubEnv('HF_ENDPOINT', '');
  expect((await hubAccess({ endpoint: 'http://localhost:8080/', token: 'x' })).hubUrl).toBe(
    'http://localhost:8080',
  );
  expect((await hubAccess({ token: 'x' })).hubUrl).toBe('https://huggingface.co');
});

it('stops a request with the signal of the options', async () => {
  const server = createServer(() => {}).listen(0, '127.0.0.1'); // never answers
  await once(server, 'listening');
  const stop = new AbortController();
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { fetch } = await hubAccess({ endpoint, token: 'x', signal: stop.signal });
  server.once('request', () => stop.abort());
  await expect(fetch(`${endpoint}/api`)).rejects.toMatchObject({ name: 'AbortError' });
  server.closeAllConnections();
  server.close();
});
