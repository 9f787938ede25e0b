import { hasShared, sharedPath } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from './open-checkpoint.js';
import { openSafetensors } from './safetensors-file.js';

describe.skipIf(!hasShared)('a reference folder', () => {
  it('opens with its config, tensors and files', async () => {
    const checkpoint = await openCheckpoint(sharedPath('reference/tiny-llama-gqa'));
    expect(checkpoint.config.hidden_size).toBe(48);
    expect(checkpoint.tensors.get('model.layers.0.self_attn.k_proj.weight')?.shape).toEqual([24, 48]);
    const { data } = await checkpoint.read('model.norm.weight');
    expect(data).toHaveLength(48);
    expect(checkpoint.files.map((file) => file.name)).toEqual(['generation_config.json']);
    await checkpoint.close();
  });

  it('reads tensors that are not weights through openSafetensors', async () => {
    const file = await openSafetensors(sharedPath('reference/tiny-llama-gqa/io.safetensors'));
    const tokens = await file.read('tokens');
    expect(tokens.dtype).toBe('I32');
    expect(tokens.shape).toEqual([24, 2, 32]);
    expect(tokens.data.every((id) => id >= 0 && id < 256)).toBe(true);
    await file.close();
  });
});
