import { expect, it } from 'vitest';
import { parseSettings } from '../settings/parse.js';
import { importancePlan } from './importance-plan.js';

it.each([
  [1, 1, 32],
  [0.95, 1, 32],
  [0.8, 2, 16],
  [0.7, 5, 7],
  [0.6, 8, 4],
  [0.3, 8, 4],
])('keep %d takes %d rounds of %d blocks, where importance chooses alone', (keep, rounds, blocksPerRound) => {
  const within = 'importance';
  const plan = importancePlan(parseSettings({ budget: { keep }, importance: { within } }));
  expect(plan).toEqual({ rounds, blocksPerRound, within });
});

it.each([
  [{ keep: 0.7 }, 'importance'],
  [{ keep: 0.6 }, 'obs'],
  [{ params: 1e6 }, 'obs'],
])('within layers, budget %o leaves the choice to %s', (budget, within) => {
  expect(importancePlan(parseSettings({ budget })).within).toBe(within);
});

it('follows a budget that is set after the other settings', () => {
  const plus = parseSettings({ method: 'grasp+' });
  expect(importancePlan(plus)).toEqual({ rounds: 1, blocksPerRound: 32, within: 'obs' });
  expect(importancePlan(parseSettings(plus, { budget: { keep: 0.8 } }))).toMatchObject({
    rounds: 2,
    within: 'importance',
  });
});

it('takes what is given, and reads as much text in other rounds', () => {
  const given = (importance: object) =>
    importancePlan(
      parseSettings({ choice: 'importance', importance: { within: 'importance', ...importance } }),
    );
  expect(given({ rounds: 1 })).toMatchObject({ rounds: 1, blocksPerRound: 32 });
  expect(given({ blocksPerRound: 3 })).toMatchObject({ rounds: 8, blocksPerRound: 3 });
  expect(given({ rounds: 4, blocksPerRound: 2 })).toMatchObject({ rounds: 4, blocksPerRound: 2 });
  expect(given({ rounds: 8, within: 'obs' })).toMatchObject({ rounds: 8, blocksPerRound: 4 });
});

it('reads no block twice in a round', () => {
  const plus = parseSettings({ method: 'grasp+' });
  expect(importancePlan(plus, 4)).toMatchObject({ rounds: 1, blocksPerRound: 4 });
  const many = parseSettings(plus, { importance: { rounds: 2, blocksPerRound: 16 } });
  expect(importancePlan(many, 12)).toMatchObject({ rounds: 2, blocksPerRound: 12 });
});

it('takes the most rounds for a budget that is no keep ratio', () => {
  const settings = parseSettings({ budget: { params: 1e6 }, importance: { within: 'importance' } });
  expect(importancePlan(settings).rounds).toBe(8);
});
