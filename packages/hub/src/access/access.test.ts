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
