import { decoderConfig } from '@grasp/decoder';
import { expect, it } from 'vitest';
import { SHAPES, type ShapeName, shapeOf } from './shapes.js';

const TYPES = ['llama', 'gemma2', 'gemma3_text', 'qwen3', 'glm4', 'granite', 'phi3', 'seed_oss'];

it.each(Object.keys(SHAPES) as ShapeName[])('has the heads of %s in all types', (name) => {
  const { headDim, layers } = decoderConfig(shapeOf(name, { layers: 1 }));
  for (const modelType of TYPES) {
    const config = decoderConfig(shapeOf(name, { layers: 1, modelType }));
    expect(config.headDim, modelType).toBe(headDim);
    expect(config.layers, modelType).toMatchObject(
      layers.map(({ channels, kvHeads }) => ({ channels, kvHeads })),
    );
  }
});

it('has the published heads', () => {
  const heads = Object.keys(SHAPES).map((name) => shapeOf(name as ShapeName, {}).head_dim);
  expect(heads).toEqual([128, 128, 64, 256, 64]);
});
