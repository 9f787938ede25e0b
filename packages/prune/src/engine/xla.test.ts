import { loadDecoder } from '@grasp/decoder';
import { hasTensorFlow, randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { openEngine } from './open-engine.js';

describe.skipIf(!hasTensorFlow)('an engine with XLA', () => {
  it('gives from the first step on the bits of every later one, and compiles once for masks of one width', async () => {
    const engine = await openEngine({ backend: 'tensorflow', threads: 1, xla: true });
    expect(engine.description).toContain(', XLA)');
    const channels = 48; // two channels share a width
    const config: TinyConfig = {
      ...{ model_type: 'llama', hidden_size: 16, intermediate_size: channels, head_dim: 8 },
      ...{ num_attention_heads: 2, num_key_value_heads: 2, num_hidden_layers: 1 },
      ...{ vocab_size: 40, tie_word_embeddings: true },
    };
    const checkpoint = randomCheckpoint(config, 1);
    const batch = randomTokens(1, 12, 40, 1);
    const decoder = await loadDecoder(checkpoint, { runtime: engine.runtime });
    const keeping = (kept: number) =>
      Float32Array.from({ length: decoder.layout.size }, (_, i) => (i >= kept && i < channels ? 0 : 1));
    const first = await decoder.lossAndGateGradients(batch, keeping(20));
    const compiled = engine.compilations!();
    expect(compiled).toBeGreaterThan(0);
    for (const again of [1, 2])
      expect(await decoder.lossAndGateGradients(batch, keeping(20)), `${again}`).toEqual(first);
    await decoder.lossAndGateGradients(batch, keeping(19));
    expect(engine.compilations!()).toBe(compiled);
    await decoder.lossAndGateGradients(batch, keeping(18));
    expect(engine.compilations!()).toBeGreaterThan(compiled);
    decoder.dispose();
  });
});
