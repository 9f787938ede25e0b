import { randomCheckpoint, type TinyConfig } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { decoderConfig } from '../spec/config.js';
import { checkWeights, expectedTensors } from './expected-tensors.js';

const tiny = (model_type: TinyConfig['model_type'], tie_word_embeddings: boolean): TinyConfig => ({
  model_type,
  hidden_size: 16,
  intermediate_size: 24,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 6,
  num_hidden_layers: 2,
  vocab_size: 31,
  tie_word_embeddings,
});

describe.each([
  ['llama', true],
  ['mistral', false],
  ['qwen2', true],
  ['qwen3', false],
] as const)('the tensors of a %s', (modelType, tied) => {
  const checkpoint = randomCheckpoint(tiny(modelType, tied), 1);
  const config = decoderConfig(checkpoint.config);

  it('are those that such a checkpoint has', () => {
    const expected = new Map([...expectedTensors(config)].map((tensor) => [tensor.name, tensor]));
    for (const { name, shape } of checkpoint.tensors.values()) {
      expect(expected.get(name)?.shape, name).toEqual(shape);
      expected.delete(name);
    }
    expect([...expected.values()].every(({ optional }) => optional)).toBe(true);
  });

  it('are refused by name when one is missing or of another shape', () => {
    expect(() => checkWeights(checkpoint, config)).not.toThrow();
    for (const [name, info] of checkpoint.tensors) {
      const changed = new Map(checkpoint.tensors);
      const refuses = () => expect(() => checkWeights({ source: 'it', tensors: changed }, config));
      changed.set(name, { ...info, shape: [...info.shape, 1] });
      refuses().toThrow(`it: tensor "${name}" has shape [${info.shape.join(', ')}, 1]; config.json asks for`);
      changed.delete(name);
      if (name.endsWith('.bias')) refuses().not.toThrow();
      else refuses().toThrow(`"${name}" is missing`);
    }
  });
});

it('a layer without FFN and attention needs no tensor', () => {
  const none = { intermediate_size: 0, num_attention_heads: 0, num_key_value_heads: 0 };
  const config = decoderConfig({ ...tiny('llama', true), num_hidden_layers: 1, layer_shapes: [none] });
  expect([...expectedTensors(config)].map(({ name }) => name)).toEqual([
    'model.embed_tokens.weight',
    'model.norm.weight',
  ]);
});
