import { describe, expect, it } from 'vitest';
import { settingsAt } from '../../test/settings-at.js';
import { runPlan } from './run-plan.js';

const texts = { gates: 129, scales: 65 };
const planOf = (settings: Record<string, unknown>, more: object = {}) =>
  runPlan(settingsAt(settings), { ...texts, ...more });

describe('runPlan', () => {
  it('counts the steps of learned gates: the last batch of an epoch may be smaller', () => {
    expect(
      planOf({ 'text.batch': 2, 'gates.epochs': 3, 'scales.epochs': 2, 'text.length': 100 }),
    ).toMatchObject({
      gateSteps: 3 * 65,
      tokensPerGateStep: 200,
      scaleSteps: 2 * 33,
      tokensPerScaleStep: 200,
    });
  });

  it('has no larger batch than the text has blocks', () => {
    const plan = planOf({ 'text.batch': 4096, 'text.length': 100 });
    expect(plan).toMatchObject({ tokensPerGateStep: 12_900, tokensPerScaleStep: 6500, scaleSteps: 1 });
  });

  it('counts the steps of ranking by importance: a block each', () => {
    const settings = {
      choice: 'importance',
      'text.batch': 2,
      'importance.rounds': 4,
      'importance.blocksPerRound': 3,
      'text.length': 100,
    };
    expect(planOf({ ...settings, 'importance.within': 'importance' })).toMatchObject({
      gateSteps: 12,
      tokensPerGateStep: 100,
      tokensPerScaleStep: 200,
    });
    // Brain surgeon asks for gradients of the dense model, which the first round gives.
    expect(planOf(settings).gateSteps).toBe(12 + 9);
    expect(planOf(settings, { gates: 5 }).gateSteps).toBe(12 + 2); // a block that came twice is read again once
    expect(planOf(settings, { gates: 2 }).gateSteps).toBe(4 * 2); // no round reads a block twice
  });

  it('counts a step for each block that a method asks for gradients or activations, besides those of the surgery', () => {
    const plan = (method: string) => planOf({ method, 'text.length': 100 });
    expect(plan('fisher-obs')).toMatchObject({ gateSteps: 129, surgery: { by: 'loss', tokens: 12900 } });
    expect(plan('slimgpt')).toMatchObject({ gateSteps: 0, surgery: { by: 'output', tokens: 12900 } });
    expect(plan('flap').gateSteps).toBe(129);
    expect(plan('magnitude').gateSteps).toBe(0);
  });

  it('limits a refit to the text, and reads it twice to compensate an error', () => {
    const refit = { 'refit.mode': 'sequential', 'text.length': 100 };
    expect(planOf({ ...refit, 'refit.blocks': 50 }).refit).toEqual({ tokens: 5000, streams: 2, even: false });
    expect(planOf({ ...refit, 'refit.blocks': 500, 'refit.compensation': 0 }).refit).toEqual({
      tokens: 12900,
      streams: 1,
      even: false,
    });
    expect(planOf({ ...refit, 'projection.layout': 'uniform' }).refit).toMatchObject({ even: true });
    expect(planOf({})).not.toHaveProperty('refit');
  });

  it('counts the tokens that give biases', () => {
    const bias = { 'refit.mode': 'bias', 'refit.blocks': 50, 'text.length': 100, 'scales.epochs': 0 };
    expect(planOf(bias)).toMatchObject({ biasTokens: 5000 });
    expect(planOf(bias)).not.toHaveProperty('refit');
    expect(planOf({ ...bias, 'refit.mode': 'sequential' }).biasTokens).toBe(0);
  });

  it('counts the tokens of the teacher, and those that no refit reads', () => {
    const distil = { method: 'grasp+', 'text.length': 100, 'refit.blocks': 40 };
    expect(planOf({ ...distil, 'distil.blocks': 60 })).toMatchObject({
      teacherTokens: 6000,
      teacherOnlyTokens: 2000,
    });
    expect(planOf({ ...distil, 'distil.blocks': 20 })).toMatchObject({
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
