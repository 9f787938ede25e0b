import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { serve } from '../test/file-server.js';
import { offlineVariable, webFetch } from './network.js';

afterEach(() => vi.unstubAllEnvs());

/** A proxy that tunnels (CONNECT), and notes where to and with which credentials. */
async function tunnel() {
  const asked: (string | undefined)[][] = [];
  const server = createServer().on('connect', ({ url, headers }, socket, head) => {
    asked.push([url, headers['proxy-authorization']]);
    const [host, port] = url!.split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [onward, socket]) end.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { asked, port, [Symbol.asyncDispose]: async () => void server.close() };
}

describe('webFetch', () => {
  it('goes through the proxy of the environment, unless NO_PROXY names the host', async () => {
    await using server = await serve((_request, response) => response.end('here'));
    await using proxy = await tunnel();
    vi.stubEnv('HTTP_PROXY', `http://me:secret@127.0.0.1:${proxy.port}`);
    vi.stubEnv('NO_PROXY', '');
    expect(await (await webFetch()(server.url)).text()).toBe('here');
    const credentials = `Basic ${Buffer.from('me:secret').toString('base64')}`;
    expect(proxy.asked).toEqual([[server.url.slice('http://'.length), credentials]]);
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    expect(await (await webFetch()(server.url)).text()).toBe('here');
    expect(proxy.asked).toHaveLength(1);
  });

  it('fails where the proxy cannot be reached', async () => {
    await using server = await serve((_request, response) => response.end('here'));
    vi.stubEnv('http_proxy', 'http://127.0.0.1:1');
    vi.stubEnv('no_proxy', '');
    await expect(webFetch()(server.url)).rejects.toThrow();
  });
});

describe('offlineVariable', () => {
  it('is the first that is set to something other than no', () => {
    expect(offlineVariable([], {})).toBeUndefined();
    expect(offlineVariable([], { GRASP_OFFLINE: '0', HF_HUB_OFFLINE: '1' })).toBeUndefined();
    expect(offlineVariable([], { GRASP_OFFLINE: '1' })).toBe('GRASP_OFFLINE');
    expect(offlineVariable(['HF_HUB_OFFLINE'], { HF_HUB_OFFLINE: 'True' })).toBe('HF_HUB_OFFLINE');
    expect(offlineVariable(['HF_HUB_OFFLINE'], { HF_HUB_OFFLINE: 'off' })).toBeUndefined();
  });
});
