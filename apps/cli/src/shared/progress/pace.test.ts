import { expect, test } from 'vitest';
import { Pace } from './pace.js';

test('the first call sets the clock, and several things done at once count as many', () => {
  let now = 10;
  const pace = new Pace(() => now);
  pace.step({ done: 4, tokens: 4000 });
  expect([pace.tokensPerSecond, pace.secondsUntil(20)]).toEqual([undefined, undefined]);
  now = 12;
  pace.step({ done: 8, tokens: 400 });
  expect(pace.tokensPerSecond).toBe(200);
  expect(pace.secondsUntil(20)).toBe(6);
});

test('a run that goes on counts what it does itself', () => {
  let now = 0;
  const pace = new Pace(() => now);
  pace.step({ done: 101, tokens: 512 });
  now = 1;
  pace.step({ done: 102, tokens: 512 });
  expect(pace.tokensPerSecond).toBe(512);
  expect(pace.secondsUntil(112)).toBe(10);
});
