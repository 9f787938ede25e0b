import { describe, expect, it } from 'vitest';
import { boundedFetch, ownOriginFetch } from './guarded-fetch.js';

const hub = 'https://hub.example';

describe('ownOriginFetch', () => {
  it.each([
    [`${hub}/api`, 'Bearer secret'],
    ['https://hub.example:8443/api', null],
    ['http://hub.example/api', null],
    ['https://hub.example.evil.example/api', null],
    ['https://hub.example@evil.example/api', null],
  ])('sends to %s the authorization %s', async (url, expected) => {
    let sent: string | null | undefined;
    const inner = (async (_: unknown, init?: RequestInit) => {
      sent = new Headers(init?.headers).get('authorization');
      return new Response();
    }) as typeof fetch;
    await ownOriginFetch(inner, hub)(url, { headers: { Authorization: 'Bearer secret' } });
    expect(sent).toBe(expected);
  });
});

describe('boundedFetch', () => {
  it('limits the bytes of all answers together', async () => {
    const inner = (async () => new Response('x'.repeat(60))) as typeof fetch;
    const get = boundedFetch(inner, hub, { pages: 9, replyBytes: 100 });
    expect(await (await get(`${hub}/a`)).text()).toHaveLength(60);
    await expect(get(`${hub}/b`)).rejects.toMatchObject({ code: 'GRASP_HUB_REPLY' });
  });

  it('refuses an answer that is nested without end', async () => {
    const inner = (async () => new Response('['.repeat(1e5))) as typeof fetch;
    await expect(boundedFetch(inner, hub)(`${hub}/a`)).rejects.toThrow('levels deep');
  });

  it('leaves an answer as it is', async () => {
    const inner = (async () =>
      new Response('{}', { status: 409, headers: { 'x-error': 'a' } })) as typeof fetch;
    const response = await boundedFetch(inner, hub)(`${hub}/a`, { method: 'POST' });
    expect([response.status, response.headers.get('x-error'), await response.text()]).toEqual([
      409,
      'a',
      '{}',
    ]);
  });
});
