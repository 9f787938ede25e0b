import { openCheckpoint } from '@grasp/checkpoint';
import { decoderCheckpoint } from '@grasp/decoder';
import { difference } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixtureFolder, fixtureNames } from '../../decoder/test/architecture-fixtures.js';
import { logitsOf } from '../test/gguf-models.js';
import { type Keep, madeUpModel, masks, prunedBy } from '../test/made-up-model.js';
import { forTransformers } from './index.js';
import { withoutEmptyLayers } from './without-empty-layers.js';

const half = masks['about half']!;
const withoutLayers =
  (...gone: number[]): Keep =>
  (layer, ...rest) =>
    !gone.includes(layer) && half(layer, ...rest);
const ids = Int32Array.from({ length: 20 }, (_, i) => (i * 7 + 3) % 38);

beforeAll(() => tf.setBackend('wasm'));

describe('withoutEmptyLayers', () => {
  it.each(fixtureNames)('computes the same: %s', async (name) => {
    const stored = await openCheckpoint(fixtureFolder(name));
    const dense = decoderCheckpoint(stored);
    const { groupGate, biases, layers } = dense.decoder;
    // Of models whose attention, or whose biases, cannot be removed, no layer is ever empty.
    const removable = groupGate !== 'none' && !biases.some((bias) => bias === 'o' || bias === 'down');
    for (const gone of removable ? [0, layers.length - 1, 1] : []) {
      const pruned = decoderCheckpoint(prunedBy(dense, withoutLayers(gone)));
      const { checkpoint } = withoutEmptyLayers(pruned, 'transformers');
      expect(checkpoint.decoder.layers.length).toBe(layers.length - 1);
      const { absolute } = difference(await logitsOf(checkpoint, ids), await logitsOf(pruned, ids));
      expect(absolute).toBe(0);
    }
    await stored.close();
  });

  it('leaves one layer of a model without units', () => {
    const pruned = decoderCheckpoint(prunedBy(madeUpModel({ model_type: 'llama' }), () => false));
    expect(withoutEmptyLayers(pruned, 'transformers').checkpoint.decoder.layers.length).toBe(1);
  });
});

describe('forTransformers of a model with an empty layer', () => {
  const oneShape = masks['one shape']!;

  it.each(['llama', 'mistral', 'qwen2', 'qwen3'] as const)(
    'is an ordinary %s if the other layers are equal',
    (model_type) => {
      const keep: Keep = (layer, ...rest) => layer !== 1 && oneShape(layer, ...rest);
      const { config, files, tensors } = forTransformers(prunedBy(madeUpModel({ model_type }), keep));
      expect(config).toMatchObject({ model_type, num_hidden_layers: 2, intermediate_size: 20 });
      expect(config).not.toHaveProperty('auto_map');
      expect(files.some(({ name }) => name.endsWith('.py'))).toBe(false);
      expect([...tensors.keys()].some((name) => name.startsWith('model.layers.2.'))).toBe(false);
    },
  );

  it('lists the kinds of layers where they follow a pattern', () => {
    const config = { sliding_window: 5, use_sliding_window: true, max_window_layers: 2 };
    const dense = madeUpModel({ model_type: 'qwen2', ...config });
    expect(forTransformers(prunedBy(dense, withoutLayers(0))).config).toMatchObject({
      num_hidden_layers: 2,
      layer_types: ['full_attention', 'sliding_attention'],
    });
  });
});
