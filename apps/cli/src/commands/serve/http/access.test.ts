import { describe, expect, it } from 'vitest';
import { type AccessHeaders, checkAccess } from './access.js';

const rules = { hosts: ['gpu.lan'], origins: ['https://chat.example'], apiKey: 'secret' };
const answer = (headers: Partial<AccessHeaders>): number => {
  const all = { host: 'localhost:8080', origin: undefined, authorization: 'Bearer secret', ...headers };
  try {
    checkAccess(all, rules);
    return 200;
  } catch (error) {
    return (error as { status: number }).status;
  }
};

describe('access to the server', () => {
  it.each(['localhost', 'LOCALHOST:8080', '127.0.0.1:8080', '[::1]:8080', '192.168.1.5', 'gpu.lan:80'])(
    'is open under the host %s',
    (host) => expect(answer({ host })).toBe(200),
  );

  it.each(['evil.example', 'localhost.evil.example:8080', '127.0.0.1.evil.example', 'a b', '', undefined])(
    'is refused under the host %j, which a page could have by DNS rebinding',
    (host) => expect(answer({ host })).toBe(403),
  );

  it('is refused to web pages, but those of allowed origins', () => {
    expect(answer({ origin: 'https://evil.example' })).toBe(403);
    expect(answer({ origin: 'http://localhost:8080' })).toBe(403);
    expect(answer({ origin: 'null' })).toBe(403);
    expect(answer({ origin: 'https://chat.example' })).toBe(200);
  });

  it.each(['Bearer secrets', 'Bearer ', 'secret', undefined])('needs the key: %j is none', (authorization) =>
    expect(answer({ authorization })).toBe(401),
  );
});
