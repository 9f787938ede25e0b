import { expect, it } from 'vitest';
import { describeEvent } from './describe-event.js';

it('tells a method that chooses from a compensation of what was chosen', () => {
  const event = { tokens: 96, done: true };
  expect(describeEvent({ stage: 'method', method: 'flap', ...event }).label).toBe('choosing units by flap');
  expect(describeEvent({ stage: 'bias', ...event })).toMatchObject({
    label: 'compensating in biases',
    done: 1,
    tokens: 96,
  });
});
