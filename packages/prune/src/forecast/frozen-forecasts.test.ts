import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FROZEN_MODELS, FROZEN_SETTINGS, FROZEN_SHARES, FROZEN_TEXTS } from '../../test/frozen-configs.js';
import { parseSettings } from '../settings/parse.js';
import { forecastSeconds } from './duration.js';
import { type Forecast, forecast } from './forecast.js';

interface Frozen {
  readonly model: string;
  readonly settings: number;
  readonly texts: number;
  readonly share?: number;
  /** Brain surgeon came later, see `EARLIER`. */
  readonly forecast: Omit<Forecast, 'surgeryFlops' | 'surgeryPassFlops'>;
  /** At 1e11 operations per second. */
  readonly seconds: number;
}

const RATES = { weights: 1e11, float32: 1e11 };

/** Settings that were not there, or had another default. */
const EARLIER = { heldOut: { blocks: 0 }, importance: { within: 'importance' } };
const EARLIER_PLUS = { refit: { blocks: 48 }, distil: { blocks: 48 } };

// The numbers come from the closed formulas that the layers' costs replaced.
const file = new URL('../../test/frozen-forecasts.json', import.meta.url);
const frozen = JSON.parse(readFileSync(file, 'utf8')) as Frozen[];

it('holds every combination of model, settings, texts and share', () => {
  const models = Object.keys(FROZEN_MODELS).length;
  expect(frozen).toHaveLength(models * FROZEN_SETTINGS.length * FROZEN_TEXTS.length * FROZEN_SHARES.length);
});

it.each(frozen)(
  'forecasts $model with settings $settings, texts $texts, share $share as before',
  ({ model, settings: index, texts, share, forecast: others, seconds }) => {
    const expected: Forecast = { ...others, surgeryFlops: 0, surgeryPassFlops: 0 };
    const given = FROZEN_SETTINGS[index]!;
    const earlier = parseSettings(given).method === 'grasp+' ? EARLIER_PLUS : {};
    const settings = parseSettings(EARLIER, earlier, given);
    const found = forecast(FROZEN_MODELS[model]!, settings, FROZEN_TEXTS[texts]!, share);
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
    const timed = settings.engine.dtype === 'float32' ? { seconds } : {}; // bfloat16 follows two rates since
    const values = { ...found, seconds: forecastSeconds(found, RATES) };
    for (const [name, value] of Object.entries({ ...expected, ...timed })) {
      const actual = values[name as keyof typeof values];
      expect(Math.abs(actual - value), name).toBeLessThanOrEqual(1e-12 * value); // float64 sums in another order
    }
  },
);
