import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checkpoint, writeCheckpoint } from '@grasp/checkpoint';
import { configOf } from '@grasp/decoder';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Keep, masks, prunedBy } from '../../test/made-up-model.js';
import { expectSameAs, serve } from '../../test/served.js';
import { DECI_REFUSED, servedModel, servedModelNames } from '../../test/served-models.js';
import { forDeci, forTransformers } from '../index.js';

/** A Python interpreter with vLLM for the CPU. */
const python = process.env.GRASP_VLLM_PYTHON;

const about = masks['about half']!;
/** Layers that differ; the second has no attention, the third no FFN. */
const uneven: Keep = (layer, kind, ...rest) =>
  !(layer === 1 && kind === 'kv') && !(layer === 2 && kind === 'ffn') && about(layer, kind, ...rest);
/** The first layer is gone, and the next has no attention. */
const noFirstAttention: Keep = (layer, kind, ...rest) =>
  layer > 0 && !(layer === 1 && kind === 'kv') && about(layer, kind, ...rest);

/** A family's model, pruned. A sublayer whose output has a bias cannot go whole. */
function pruned(name: string, keep: Keep): Checkpoint {
  const dense = servedModel(name);
  const fixed = configOf(dense).biases.some((bias) => bias === 'o' || bias === 'down');
  return prunedBy(dense, fixed && keep !== masks['one shape'] ? about : keep);
}

interface Case {
  readonly folder: string;
  /** The model, whose numbers are expected. */
  readonly model: Checkpoint;
  /** What vLLM gets. */
  readonly view: Checkpoint;
  readonly model_impl: 'auto' | 'transformers' | 'vllm';
  readonly class?: string;
}

/** As `grasp prune` writes it, with layers that differ. */
function unevenCase(name: string, keep: Keep): Case {
  const model = pruned(name, keep);
  const view = forTransformers(model);
  return { folder: name, model, view, model_impl: 'transformers', class: 'TransformersForCausalLM' };
}

/** Families that vLLM's own classes do not compute as transformers does; those of transformers serve them in vLLM too. */
const BY_TRANSFORMERS = /^ministral3/;

/** As `grasp prune --layout uniform` writes it. */
function uniformCase(name: string): Case {
  const model = pruned(name, masks['one shape']!);
  const model_impl = BY_TRANSFORMERS.test(name) ? 'transformers' : 'auto';
  return { folder: `${name} of one width`, model, view: forTransformers(model), model_impl };
}

/** As `grasp export --deci` writes it. */
async function deciCase(name: string, keep: Keep, portable = false): Promise<Case> {
  const model = pruned(name, keep);
  const view = await forDeci(model, { portable });
  return { folder: `deci ${name}`, model, view, model_impl: 'vllm', class: 'DeciLMForCausalLM' };
}

describe.skipIf(!python)('vLLM, from GRASP_VLLM_PYTHON', () => {
  let root: string;
  beforeAll(async () => {
    await tf.setBackend('wasm');
    root = await mkdtemp(join(tmpdir(), 'grasp-vllm-'));
  });
  afterAll(() => rm(root, { recursive: true }));

  it('serves every family uneven, of one width and as DeciLM, as this project computes it', async () => {
    const asDeci = servedModelNames.filter((name) => !Object.hasOwn(DECI_REFUSED, name));
    const cases = [
      ...servedModelNames.map((name) => unevenCase(name, uneven)),
      unevenCase('llama spanning', noFirstAttention),
      ...servedModelNames.map(uniformCase),
      ...(await Promise.all(asDeci.map((name) => deciCase(name, uneven)))),
      await deciCase('llama spanning', noFirstAttention),
      await deciCase('llama spanning', uneven, true),
    ].map((given, index) => ({ ...given, folder: `${index} ${given.folder}`.replaceAll(/\W+/g, '-') }));
    for (const { folder, view } of cases) await writeCheckpoint(view, join(root, folder));
    // One process, since vLLM takes long to start.
    const results = await serve(
      python!,
      'serve_vllm.py',
      cases.map(({ folder, model_impl }) => ({ folder: join(root, folder), model_impl })),
    );
    expect(results.map(({ folder }) => folder)).toEqual(cases.map(({ folder }) => folder));
    for (const [index, result] of results.entries()) {
      const { model, folder, class: expected = result.class } = cases[index]!;
      await expectSameAs(model, result);
      expect({ folder, class: result.class }).toEqual({ folder, class: expected });
    }
  });
});

describe('forDeci', () => {
  it.each(Object.entries(DECI_REFUSED))('refuses %s', (name, reason) =>
    expect(forDeci(pruned(name, uneven))).rejects.toThrow(reason),
  );
});
