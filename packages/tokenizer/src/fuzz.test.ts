import { it } from 'vitest';
import { fuzzTokenizers } from '../test/fuzz.js';

it('changed tokenizer files work or end in a typed error', () => fuzzTokenizers(1500, { seed: 1 }));
