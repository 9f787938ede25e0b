import { decoderConfig } from '@grasp/decoder';
import { describe, expect, it } from 'vitest';
import { forecast, forecastSeconds } from './forecast.js';
import { parseSettings } from './settings/parse.js';

/** SmolLM2-135M. */
const config = decoderConfig({
  model_type: 'llama',
  hidden_size: 576,
  intermediate_size: 1536,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  num_hidden_layers: 30,
  vocab_size: 49152,
  tie_word_embeddings: true,
});
const texts = { gates: 128, scales: 128 };
const of = (settings: Record<string, unknown>) => forecast(config, parseSettings(settings), texts);

describe('the forecast of a run', () => {
  it('counts the steps of either way to choose', () => {
    expect(of({ text: { batch: 2 } })).toMatchObject({ gateSteps: 256, scaleSteps: 64, refitFlops: 0 });
    const ranked = of({ method: 'grasp+', text: { batch: 2 }, importance: { rounds: 4, blocksPerRound: 3 } });
    expect(ranked).toMatchObject({ gateSteps: 12, scaleSteps: 64 });
    expect(ranked.flopsPerGateStep).toBe(of({}).flopsPerGateStep); // a block at a time, whatever the batch
  });

  it('grows with text, and with a refit', () => {
    const seconds = (settings: Record<string, unknown>) => forecastSeconds(of(settings), 1e11, 'float32');
    expect(seconds({ gates: { epochs: 8 }, scales: { epochs: 2 } }) / seconds({})).toBeCloseTo(2, 6);
    const undistilled = seconds({ method: 'grasp+', distil: { weight: 0 } });
    expect(seconds({ method: 'grasp+' }) - undistilled).toBeCloseTo(
      of({ method: 'grasp+' }).predictionFlops / 1e11,
      6,
    );
    expect(seconds({ lora: { rank: 16 } })).toBeGreaterThan(seconds({ lora: { rank: 4 } }));
    expect(of({ lora: { rank: 16 } }).peakBytes).toBeGreaterThanOrEqual(of({}).peakBytes);
    const refit = (blocks: number) => of({ method: 'grasp+', refit: { blocks } }).refitFlops;
    expect(refit(512)).toBe(2 * refit(64)); // there are 128
    const { refitFlops, solveFlops } = of({ method: 'grasp+' });
    const unfitted = seconds({ method: 'grasp+', distil: { weight: 0 }, refit: { mode: 'none' } });
    expect(undistilled - unfitted).toBeCloseTo((refitFlops + 8 * solveFlops) / 1e11, 6);
  });

  it('counts of predictions the head alone where a refit has the dense model read the text', () => {
    const head = 48 * 512 * 4 * 49152 * 576;
    const predictions = (settings: Record<string, unknown>, more = {}) =>
      forecast(config, parseSettings({ method: 'grasp+', ...settings }), { ...texts, ...more })
        .predictionFlops;
    expect(predictions({})).toBe(head);
    expect(predictions({ refit: { blocks: 128 } })).toBe(head);
    const others = [{ refit: { compensation: 0 } }, { refit: { mode: 'none' } }].map((other) =>
      predictions(other),
    );
    for (const other of [...others, predictions({}, { apart: true })])
      expect(other).toBeGreaterThan(2 * head);
    expect(predictions({ distil: { blocks: 96 } }) - predictions({})).toBe(others[0]); // as many blocks more
    expect(predictions({ scales: { epochs: 0 } })).toBe(0);
  });

  it('works out at the operations of each part', () => {
    const dense = of({ budget: { keep: 1 } });
    // Three products forward and three backward of a channel, twice that in weights of a group; head and attention.
    const weights = 106_168_320;
    const attention = 30 * 3 * (3.5 * 2 * 3 * 64 * 512);
    expect(dense.flopsPerGateStep).toBeCloseTo(512 * (4 * weights + attention + 4 * 49152 * 576), -6);
  });
});
