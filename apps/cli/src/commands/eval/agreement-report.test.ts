import type { Agreement, Difference } from '@grasp/lm-eval';
import { describe, expect, it } from 'vitest';
import { agreementReport, judge } from './agreement-report.js';

const difference: Difference = { item: 7, kinds: ['choice'], ours: [-2, -1], theirs: [-1, -2], gold: 1 };
const pair = (changes: Partial<Agreement>) => ({
  summary: {
    kind: 'summary' as const,
    task: 'piqa',
    items: 200,
    acc: { value: 0.7 },
    accNorm: { value: 0.71 },
  },
  metrics: { acc: 0.7, acc_norm: 0.705 },
  agreement: {
    task: 'piqa',
    items: 200,
    scored: 400,
    largest: 3e-6,
    mean: 1e-6,
    beyond: 0,
    chosenEqual: 200,
    accNormEqual: 199,
    differences: [],
    ...changes,
  },
});

describe('the report', () => {
  it('has a row a task and every difference', () => {
    const text = agreementReport({
      pairs: [pair({ chosenEqual: 199, differences: [difference] })],
      versions: { lm_eval: '0.4.13' },
      seconds: { ours: 31, theirs: 100 },
    });
    expect(text).toMatch(/piqa │ 200 +│ 0\.7000 \/ 0\.7000 │ 0\.7100 \/ 0\.7050 │ 99\.50%/);
    expect(text).toContain('199 of 200 chosen answers equal (99.50%), 0 of 400 log-likelihoods beyond');
    expect(text).toContain('31 s here, 100 s in lm_eval, models loaded: 0.31 of its time');
    expect(text).toContain(
      'piqa, item 7 (choice; right: 1)\n  here     -2.0000 -1.0000\n  lm_eval  -1.0000 -2.0000',
    );
  });

  it.each([
    ['no difference', {}, undefined],
    ['one answer of 200', { chosenEqual: 199 }, undefined],
    ['two answers of 200', { chosenEqual: 198 }, '99.00%'],
    ['a log-likelihood beyond tolerance', { beyond: 1 }, '1 log-likelihoods'],
    ['other prompts', { differences: [{ ...difference, kinds: ['prompt' as const] }] }, 'different prompts'],
  ])('judges %s', (_name, changes, message) => {
    if (message === undefined) expect(() => judge([pair(changes)])).not.toThrow();
    else expect(() => judge([pair(changes)])).toThrow(message);
  });
});
