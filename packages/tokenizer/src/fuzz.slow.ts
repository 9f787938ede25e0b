import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'vitest';
import { fuzzTokenizers } from '../test/fuzz.js';

/** The case that runs, so that one that ends the process can be looked at. */
const current = join(tmpdir(), 'grasp-fuzz-tokenizer.json');

it('very many changed tokenizer files work or end in a typed error', () =>
  fuzzTokenizers(Number(process.env.GRASP_FUZZ_RUNS ?? 100_000), {
    onCase: (json) => writeFileSync(current, json),
  }));
