import { decoderConfig } from '@grasp/decoder';
import { describe, expect, it } from 'vitest';
import { stepFlops } from '../../commands/speed/flops.js';
import { cosine, median } from './statistics.js';

describe('median', () => {
  it('is the middle value, or the mean of the two middle ones', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});

describe('cosine', () => {
  it('tells direction, not length', () => {
    expect(cosine(Float32Array.of(1, 2), Float32Array.of(2, 4))).toBeCloseTo(1);
    expect(cosine(Float32Array.of(1, 0), Float32Array.of(0, 1))).toBe(0);
  });
});

describe('stepFlops', () => {
  it('of a dense step without attention scores is four products of every weight and of the head', () => {
    const config = decoderConfig({
      model_type: 'llama',
      hidden_size: 8,
      intermediate_size: 16,
      num_attention_heads: 2,
      num_hidden_layers: 3,
      vocab_size: 100,
    });
    const weights = 3 * (4 * 8 * 8 + 3 * 8 * 16) + 100 * 8;
    // A length of 0 leaves out the scores of attention.
    const size = { tokens: 10, length: 0, keep: 1 };
    expect(stepFlops(config, { kind: 'gates', ...size })).toBe(4 * 10 * weights);
    expect(stepFlops(config, { kind: 'perplexity', ...size })).toBe(2 * 10 * weights);
  });
});
