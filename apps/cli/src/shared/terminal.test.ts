import { afterEach, expect, it, vi } from 'vitest';
import { processTerminal } from './terminal.js';

afterEach(() => {
  vi.unstubAllEnvs();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeAllListeners(signal);
});

it.each([
  ['xterm', true],
  ['dumb', false],
])('TERM=%s allows live progress: %s', (term, live) => {
  const tty = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');
  Object.defineProperty(process.stderr, 'isTTY', { value: true, configurable: true });
  vi.stubEnv('TERM', term);
  try {
    expect(processTerminal().screen !== undefined).toBe(live);
  } finally {
    if (tty) Object.defineProperty(process.stderr, 'isTTY', tty);
    else delete (process.stderr as { isTTY?: boolean }).isTTY;
  }
});
