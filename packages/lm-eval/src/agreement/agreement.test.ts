import type { TaskItemRecord, TaskQuestion } from '@grasp/eval';
import { describe, expect, it } from 'vitest';
import { agreement, relativeDifference } from './agreement.js';
import type { HarnessSample } from './samples.js';

const prompts = ['ice', 'fire'].map((word) => ({ context: 'What burns?', continuation: ` ${word}` }));
const question = (item: number): TaskQuestion => ({ item, prompts, choices: ['ice', 'fire'], gold: 1 });
const ours = (item: number, logLikelihoods: number[], chosen: number): TaskItemRecord => ({
  kind: 'item',
  task: 'toy',
  item,
  logLikelihoods,
  chosen,
  chosenNorm: chosen,
  gold: 1,
  done: 1,
  items: 2,
});
const theirs = (item: number, logLikelihoods: number[], hit: boolean): HarnessSample => ({
  item,
  prompts,
  logLikelihoods,
  acc: hit,
  accNorm: hit,
});
const questions = [question(0), question(1)];

describe('agreement', () => {
  it('pairs items whatever the order they were scored in', () => {
    const result = agreement(
      'toy',
      questions,
      [ours(1, [-4, -2], 1), ours(0, [-3, -2.001], 1)],
      [theirs(0, [-3, -2], true), theirs(1, [-4, -2], true)],
      1e-2,
    );
    expect(result).toMatchObject({ items: 2, scored: 4, beyond: 0, chosenEqual: 2, accNormEqual: 2 });
    expect(result.largest).toBeCloseTo(5e-4, 6);
    expect(result.differences).toEqual([]);
  });

  it('names what differs of an item', () => {
    const other = [prompts[0]!, { context: 'what burns?', continuation: ' fire' }];
    const { beyond, chosenEqual, differences } = agreement(
      'toy',
      questions,
      [ours(0, [-3, -2], 1), ours(1, [-2.1, -2], 1)],
      [{ ...theirs(0, [-3, -2], true), prompts: other }, theirs(1, [-1.9, -2], false)],
      1e-2,
    );
    expect([beyond, chosenEqual]).toEqual([1, 1]);
    expect(differences.map(({ item, kinds }) => [item, kinds])).toEqual([
      [0, ['prompt']],
      [1, ['likelihood', 'choice', 'acc_norm']],
    ]);
  });

  it('counts a log-likelihood that is missing as beyond any tolerance', () => {
    const { beyond } = agreement('toy', [question(0)], [ours(0, [-3, -2], 1)], [theirs(0, [-3], true)], 1);
    expect(beyond).toBe(1);
  });

  it('refuses to compare other items', () => {
    expect(() => agreement('toy', questions, [], [theirs(0, [-1, -2], true)], 1e-2)).toThrow('of 2');
  });
});

it('takes the difference relative to the larger value', () => {
  expect(relativeDifference(-2, -1)).toBe(0.5);
  expect(relativeDifference(0, 0)).toBe(0);
});
