import { describe, expect, it } from 'vitest';
import { FROZEN_MODELS } from '../../test/frozen-configs.js';
import { settingsAt } from '../../test/settings-at.js';
import { forecast } from './forecast.js';

const config = FROZEN_MODELS['SmolLM2-135M']!;
const texts = { gates: 128, scales: 128 };
const forecastOf = (settings: Record<string, unknown>, more: object = {}) =>
  forecast(config, settingsAt(settings), { ...texts, ...more });

describe('forecast', () => {
  it('counts the operations of every matrix, of attention, and of the head', () => {
    const dense = forecastOf({ 'budget.keep': 1 });
    // Two operations per weight and token in each direction. Attention has 2 products forward and 5 backward, in
    // which each of 512 tokens meets 256 keys. The head has 2 products.
    const weights = 106_168_320;
    const attention = 30 * (7 * 2 * 9 * 64 * 256);
    expect(dense.flopsPerGateStep).toBe(512 * (4 * weights + attention + 4 * 49152 * 576));
  });

  it('counts for a scale step on the dense model the same operations, and those of LoRA', () => {
    const plain = forecastOf({ 'budget.keep': 1 });
    expect(plain.flopsPerScaleStep).toBe(plain.flopsPerGateStep);
    const lora = forecastOf({ 'budget.keep': 1, 'lora.rank': 2 });
    // Queries and keys; values; output; gate; up; down.
    const inputs = 576 + 576 + 576 + 576 + 576 + 1536;
    const outputs = 12 * 64 + 3 * 64 + 576 + 1536 + 1536 + 576;
    expect(lora.flopsPerScaleStep - plain.flopsPerScaleStep).toBe(
      512 * 30 * 2 * 2 * (4 * inputs + 3 * outputs),
    );
    expect(lora.loraParameters).toBe(30 * 2 * (inputs + outputs));
    expect(lora.activationsPerScaleStep - plain.activationsPerScaleStep).toBe(512 * 30 * outputs);
  });

  it('counts the layers of a forward pass for methods that read activations', () => {
    const layers = 512 * (2 * 106_168_320 + 30 * (2 * 2 * 9 * 64 * 256));
    const gradients = forecastOf({ method: 'fisher', 'budget.keep': 1 });
    for (const method of ['wanda-sp', 'flap', 'owl', 'shortgpt']) {
      const run = forecastOf({ method, 'budget.keep': 0.5 });
      expect(run).toMatchObject({ gateSteps: 128, flopsPerGateStep: layers });
      expect(run.activationsPerGateStep).toBe(gradients.activationsPerGateStep / 2);
    }
    expect(gradients.flopsPerGateStep).toBeGreaterThan(2 * layers);
    const bias = { method: 'flap', 'refit.mode': 'bias', 'refit.blocks': 60 };
    expect(forecastOf(bias).refitFlops).toBe(60 * layers);
  });

  it('does not depend on the batch when importance reads one block at a time', () => {
    const settings = { choice: 'importance', 'budget.keep': 1 };
    expect(forecastOf({ ...settings, 'text.batch': 4 }).flopsPerGateStep).toBe(
      forecastOf(settings).flopsPerGateStep,
    );
    expect(forecastOf({ 'text.batch': 4, 'budget.keep': 1 }).flopsPerGateStep).toBe(
      4 * forecastOf(settings).flopsPerGateStep,
    );
  });

  it('counts a refit for the blocks that it reads', () => {
    const refit = (refitBlocks: number) =>
      forecastOf({ method: 'grasp+', 'refit.blocks': refitBlocks }).refitFlops;
    expect(refit(512)).toBe(2 * refit(62)); // the text has 128 blocks, of which 4 are held out
    expect(forecastOf({})).toMatchObject({
      refitFlops: 0,
      solveFlops: 0,
      loraParameters: 0,
      teacherFlops: 0,
    });
  });

  it('counts the head alone for a teacher whose text a refit reads', () => {
    const head = 64 * 512 * 4 * 49152 * 576;
    const teacher = (settings: object, more = {}) =>
      forecastOf({ method: 'grasp+', ...settings }, more).teacherFlops;
    expect(teacher({})).toBe(head);
    expect(teacher({ 'refit.blocks': 128 })).toBe(head);
    // The refit reads no text with the dense model, there is no refit, or it reads another text.
    const alone = [
      teacher({ 'refit.compensation': 0 }),
      teacher({ 'refit.mode': 'none' }),
      teacher({}, { apart: true }),
    ];
    const layers = 64 * 512 * (2 * 106_168_320 + 30 * (2 * 2 * 9 * 64 * 256));
    expect(alone).toEqual([head + layers, head + layers, head + layers]);
    // The refit reads 64 of 96 blocks.
    expect(teacher({ 'distil.blocks': 96 })).toBe(1.5 * head + 0.5 * layers);
    expect(teacher({ 'scales.epochs': 0 })).toBe(0);
  });
});
