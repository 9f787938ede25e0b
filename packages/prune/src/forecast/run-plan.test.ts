import { describe, expect, it } from 'vitest';
import { parseSettings } from '../settings/parse.js';
import { runPlan } from './run-plan.js';

const texts = { gates: 129, scales: 65 };
const planOf = (settings: Record<string, unknown>, more: object = {}) =>
  runPlan(parseSettings(settings), { ...texts, ...more });

describe('runPlan', () => {
  it('counts the steps of learned gates: the last batch of an epoch may be smaller', () => {
    expect(planOf({ batch: 2, epochs: 3, scaleEpochs: 2, length: 100 })).toMatchObject({
      gateSteps: 3 * 65,
      tokensPerGateStep: 200,
      scaleSteps: 2 * 33,
      tokensPerScaleStep: 200,
    });
  });

  it('counts the steps of ranking by importance: a block each', () => {
    const settings = { choose: 'importance', batch: 2, rounds: 4, roundBlocks: 3, length: 100 };
    expect(planOf(settings)).toMatchObject({
      gateSteps: 12,
      tokensPerGateStep: 100,
      tokensPerScaleStep: 200,
    });
  });

  it('limits a refit to the text, and reads it twice to compensate an error', () => {
    const refit = { refit: 'sequential', length: 100 };
    expect(planOf({ ...refit, refitBlocks: 50 }).refit).toEqual({ tokens: 5000, streams: 2 });
    expect(planOf({ ...refit, refitBlocks: 500, recover: 0 }).refit).toEqual({ tokens: 12900, streams: 1 });
    expect(planOf({})).not.toHaveProperty('refit');
  });

  it('counts the tokens of the teacher, and those that no refit reads', () => {
    const distil = { method: 'grasp+', length: 100, refitBlocks: 40 };
    expect(planOf({ ...distil, distillBlocks: 60 })).toMatchObject({
      teacherTokens: 6000,
      teacherOnlyTokens: 2000,
    });
    expect(planOf({ ...distil, distillBlocks: 20 })).toMatchObject({
      teacherTokens: 2000,
      teacherOnlyTokens: 0,
    });
    expect(planOf({})).toMatchObject({ teacherTokens: 0, teacherOnlyTokens: 0 });
  });

  it('has a window only if perplexity is measured', () => {
    expect(planOf({}, { window: 2048 }).window).toBe(2048);
    expect(planOf({})).not.toHaveProperty('window');
  });
});
