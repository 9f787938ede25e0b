import { decoderConfig } from '@grasp/decoder';
import { expect, it } from 'vitest';
import { stepFlops } from './flops.js';

it('counts four products of every weight and of the head for a dense step without attention scores', () => {
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
  expect(stepFlops(config, { kind: 'healing', ...size })).toBe((2 + 6) * 10 * weights);
});
