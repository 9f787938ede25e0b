import { it } from 'vitest';
import { fuzzConfigs } from '../test/fuzz.js';

it('very many changed configs are refused by a typed error, or make sense', () =>
  fuzzConfigs(Number(process.env.GRASP_FUZZ_RUNS ?? 200_000)));
