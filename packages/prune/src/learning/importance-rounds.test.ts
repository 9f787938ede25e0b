import { expect, it } from 'vitest';
import { parseSettings } from '../settings/parse.js';
import { importanceRounds } from './importance-rounds.js';

it.each([
  [1, 1, 32],
  [0.95, 1, 32],
  [0.8, 2, 16],
  [0.7, 5, 7],
  [0.6, 8, 4],
  [0.3, 8, 4],
])('keep %d takes %d rounds of %d blocks', (keep, rounds, blocksPerRound) => {
  expect(importanceRounds(parseSettings({ budget: { keep } }))).toEqual({ rounds, blocksPerRound });
});

it('follows a budget that is set after the other settings', () => {
  const plus = parseSettings({ method: 'grasp+', importance: { within: 'importance' } });
  expect(importanceRounds(plus).rounds).toBe(8);
  expect(importanceRounds(parseSettings(plus, { budget: { keep: 0.8 } })).rounds).toBe(2);
});

it('takes what is given, and reads as much text in other rounds', () => {
  const given = (importance: object) => importanceRounds(parseSettings({ importance }));
  expect(given({ rounds: 1 })).toEqual({ rounds: 1, blocksPerRound: 32 });
  expect(given({ blocksPerRound: 3 })).toEqual({ rounds: 8, blocksPerRound: 3 });
  expect(given({ rounds: 4, blocksPerRound: 2 })).toEqual({ rounds: 4, blocksPerRound: 2 });
});

it('takes one round where brain surgeon chooses within layers', () => {
  const within = (importance: object) => importanceRounds(parseSettings({ method: 'grasp+', importance }));
  expect(within({})).toEqual({ rounds: 1, blocksPerRound: 32 });
  expect(within({ rounds: 8 })).toEqual({ rounds: 8, blocksPerRound: 4 });
});

it('takes the most rounds for a budget that is no keep ratio', () => {
  expect(importanceRounds(parseSettings({ budget: { params: 1e6 } })).rounds).toBe(8);
});
