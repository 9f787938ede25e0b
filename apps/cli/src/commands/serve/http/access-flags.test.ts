import { expect, it } from 'vitest';
import { hostNames, origins } from './access-flags.js';

it('reads origins as browsers send them', () => {
  expect(origins('https://Chat.Example:443/', ['null'])).toEqual(['null', 'https://chat.example']);
  expect(origins('http://localhost:3000', undefined)).toEqual(['http://localhost:3000']);
  expect(origins('chrome-extension://abc', undefined)).toEqual(['chrome-extension://abc']);
  for (const text of ['*', 'https://*.example', 'chat.example', 'https://chat.example/app', 'http://a@b', ''])
    expect(() => origins(text, undefined), text).toThrow('one origin without a path');
});

it('reads names of machines', () => {
  expect(hostNames('gpu.lan', ['GPU'])).toEqual(['GPU', 'gpu.lan']);
  expect(hostNames('::1', undefined)).toEqual(['::1']);
  for (const text of ['gpu.lan:8080', 'http://gpu.lan', '*.lan', ''])
    expect(() => hostNames(text, undefined), text).toThrow('one name without a port');
});
