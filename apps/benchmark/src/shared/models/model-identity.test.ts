import type { TensorData } from '@grasp/checkpoint';
import { tinyLlama } from '@grasp/testing';
import { expect, it } from 'vitest';
import { modelIdentity } from './model-identity.js';

it('changes with each weight of the model', async () => {
  const model = tinyLlama();
  const identity = await modelIdentity(model);
  expect(identity).toMatch(/^[0-9a-f]{16}$/);
  expect(await modelIdentity(tinyLlama())).toBe(identity);
  for (const changed of model.tensors.keys()) {
    const read = async (name: string): Promise<TensorData> => {
      const tensor = await model.read(name);
      if (name !== changed) return tensor;
      const data = tensor.data.slice();
      data[data.length - 1]! += 1;
      return { ...tensor, data };
    };
    expect(await modelIdentity({ ...model, read }), changed).not.toBe(identity);
  }
});
