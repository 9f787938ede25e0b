import { describe, expect, it } from 'vitest';
import { timeRows, verdict } from './time-table.js';
import type { Attempt } from './time-to.js';

const attempt = (by: Attempt['by'], blocks: number, perplexity: number, seconds: number): Attempt => ({
  ...{ by, blocks, perplexity, seconds },
  peakBytes: by === 'grasp' ? 2 ** 30 : 2 ** 31,
});

describe('the time to a perplexity', () => {
  const attempts = [attempt('grasp', 4, 180, 20), attempt('grasp', 8, 99, 30)];

  it('is a row for each attempt', () => {
    expect(timeRows(attempts, 100)).toEqual([
      ['grasp', '4', '180.00', '20.0', '1.00 GiB', ''],
      ['grasp', '8', '99.00', '30.0', '1.00 GiB', 'reached'],
    ]);
  });

  it('is a median, and a ratio to the rounds of the paper’s code', () => {
    expect(verdict(attempts, 100)).toBe('8 blocks reach 100 in 30.0 s.');
    const rounds = [attempt('official', 128, 101, 600), attempt('grasp', 8, 99, 50)];
    expect(verdict([...attempts, ...rounds], 100)).toBe(
      "8 blocks reach 100 in 40.0 s: 0.067 × the time of the paper's code and 0.5 × its memory.",
    );
    const slower = [attempt('official', 128, 101, 20), attempt('grasp', 8, 99, 50)];
    expect(verdict([...attempts, ...slower], 100)).toContain(" 2 × the time of the paper's code");
  });

  it('counts the search: a round that differs in the last bits does not undo it', () => {
    expect(verdict([...attempts, attempt('grasp', 8, 99.01, 30)], 99)).toContain('8 blocks reach 99 in');
  });

  it('is of the attempts so far, also before a round has ended', () => {
    const begun = [...attempts, attempt('official', 128, 101, 600)];
    expect(verdict(begun, 100)).toContain('8 blocks reach 100 in 30.0 s: 0.05 × the time');
  });

  it('counts one block', () => {
    expect(verdict([attempt('grasp', 1, 99, 30)], 100)).toBe('1 block reaches 100 in 30.0 s.');
    expect(verdict([attempt('grasp', 1, 99, 30)], 50)).toContain('on 1 block.');
  });

  it('says if the target was not reached', () => {
    expect(verdict(attempts, 50)).toBe('No attempt reached 50: the last had 99.00 on 8 blocks.');
  });
});
