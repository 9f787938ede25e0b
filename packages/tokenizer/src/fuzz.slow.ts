import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '@grasp/checkpoint';
import { hasSmollm2, smollm2Path } from '@grasp/testing';
import { applyByteEdit, byteEdits } from '@grasp/testing/fuzz';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fuzzTokenizers } from '../test/fuzz.js';
import { parseTokenizer } from './load-tokenizer.js';

/** The case that runs, so that one that ends the process can be looked at. */
const current = join(tmpdir(), 'grasp-fuzz-tokenizer.json');

it('very many changed tokenizer files work or end in a typed error', () =>
  fuzzTokenizers(Number(process.env.GRASP_FUZZ_RUNS ?? 30_000), {
    onCase: (json) => writeFileSync(current, json),
  }));

it.skipIf(!hasSmollm2)('so does a real one with some bytes changed', async () => {
  const checkpoint = await openCheckpoint(smollm2Path);
  const bytes = await checkpoint.files.find(({ name }) => name === 'tokenizer.json')!.read();
  await checkpoint.close();
  await fc.assert(
    fc.asyncProperty(byteEdits, async (edits) => {
      const json = new TextDecoder().decode(edits.reduce(applyByteEdit, bytes));
      writeFileSync(current, json);
      try {
        const tokenizer = parseTokenizer(json, 'fuzzed');
        await tokenizer.decode(await tokenizer.encode('My fellow Americans, 1 + 1 = 2.'));
      } catch (error) {
        expect(error).toMatchObject({ code: 'GRASP_TOKENIZER_FORMAT' });
      }
    }),
    { numRuns: 50 },
  );
});
