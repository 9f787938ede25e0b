import { it } from 'vitest';
import { fuzzConfigs } from '../test/fuzz.js';

it('changed configs are refused by a typed error, or make sense', () => fuzzConfigs(2000));
