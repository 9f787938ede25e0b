import { readFileSync } from 'node:fs';
import { architectures, decoderCheckpoint } from '@grasp/decoder';
import { describe, expect, it } from 'vitest';
import { fixtureNames } from '../../decoder/test/architecture-fixtures.js';
import { ggufModelNames } from '../test/gguf-models.js';
import { prunedBy } from '../test/made-up-model.js';
import { onnxModelNames } from '../test/onnx-models.js';
import { DECI_REFUSED, servedModel, servedModelNames } from '../test/served-models.js';
import { modelLayout } from './gguf/model-layout.js';

/** Rows of the table of families: family, then a cell for each runtime and layout. */
const rows = readFileSync(new URL('../../../docs/serve.md', import.meta.url), 'utf8')
  .split('\n')
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  .filter(
    ([family = ''], _, all) => all.length > 0 && architectures.some(({ modelType }) => modelType === family),
  );

/** Whether a test has a model of a family: names begin with it, before a dash or a space. */
const tested = (names: readonly string[], family: string) =>
  names.some((name) => name.split(/[- ]/)[0]!.replace(/^gemma3$/, 'gemma3_text') === family);

describe('the table of runtimes in docs/serve.md', () => {
  it('has all families', () => {
    expect(rows.map(([family]) => family).sort()).toEqual(
      architectures.map(({ modelType }) => modelType).sort(),
    );
  });

  it.each(rows)(
    'says of %s what tests compare',
    (family, transformers, vllm, uniform, deci, gguf, ggufUniform, onnx) => {
      expect(transformers === 'yes').toBe(tested(fixtureNames, family!));
      expect([vllm, uniform].every((cell) => cell === 'yes')).toBe(tested(servedModelNames, family!));
      expect(deci === 'yes').toBe(!Object.hasOwn(DECI_REFUSED, family!));
      const differing = prunedBy(
        servedModel(family!, false),
        (layer, _kind, index) => layer === 0 || index === 0,
      );
      const model = decoderCheckpoint(differing);
      const { levelled } = modelLayout(model, model.decoder);
      expect(gguf).toBe(levelled ? 'padded' : 'yes');
      expect(ggufUniform === 'yes').toBe(tested(ggufModelNames, family!));
      expect(onnx === 'yes').toBe(tested(onnxModelNames, family!));
    },
  );
});
