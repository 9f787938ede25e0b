import { it } from 'vitest';
import { fuzzConfigs } from '../test/fuzz.js';

/** Run once with 500,000. */
it('very many changed configs are refused by a typed error, or make sense', () =>
  fuzzConfigs(Number(process.env.GRASP_FUZZ_RUNS ?? 80_000)));
