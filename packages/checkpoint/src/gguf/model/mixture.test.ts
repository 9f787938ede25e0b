import { expect, it } from 'vitest';
import type { GgufFileType } from './file-type.js';
import { chosenTypes } from './mixture.js';

// What is expected here is what llama_model_quantize of llama.cpp v0.5.0 chose for such models.

/** The types of the matrices of one kind, by layer. */
function typesOf(
  part: string,
  layers: number,
  file: GgufFileType,
  { columns = 256, architecture = 'llama', kvHeads = 4 } = {},
): string[] {
  const tensors = Array.from({ length: layers }, (_, layer) => ({
    ...{ name: `blk.${layer}.${part}.weight`, shape: [8, columns], isHead: false },
  }));
  const model = {
    architecture: { name: architecture },
    layers: tensors.map(() => ({ channels: 256, heads: 8, kvHeads })),
  };
  return chosenTypes(file, tensors, model).map(({ type }) => type);
}

it.each(['attn_v', 'ffn_down'])('%s of some layers gets more bits in the _m mixtures', (part) => {
  const more = [0, 1, 4, 7, 10, 13, 14, 15, 16];
  const layers = Array.from({ length: 17 }, (_, layer) => layer);
  for (const [file, base] of [
    ['q4_k_m', 'Q4_K'],
    ['q5_k_m', 'Q5_K'],
  ] as const) {
    expect(typesOf(part, 17, file)).toEqual(layers.map((layer) => (more.includes(layer) ? 'Q6_K' : base)));
  }
  expect(new Set(typesOf(part, 17, 'q6_k'))).toEqual(new Set(['Q6_K']));
});

it('rows that are no whole super-blocks get blocks of 32, others float16', () => {
  for (const [file, small] of [
    ['q4_k_m', 'Q5_0'],
    ['q5_k_m', 'Q5_1'],
    ['q6_k', 'Q8_0'],
  ] as const) {
    expect(typesOf('attn_q', 1, file, { columns: 288 })).toEqual([small]);
    expect(typesOf('attn_q', 1, file, { columns: 300 })).toEqual(['F16']);
  }
  expect(typesOf('ffn_down', 1, 'q4_k_m', { columns: 288 })).toEqual(['Q8_0']);
});

it('value projections of an 80-layer model with shared heads have five bits', () => {
  expect(typesOf('attn_v', 80, 'q4_k_m')[10]).toBe('Q5_K');
  expect(typesOf('attn_v', 80, 'q4_k_m', { architecture: 'deci' })[10]).toBe('Q5_K');
  expect(typesOf('attn_v', 80, 'q4_k_m', { kvHeads: 8 })[10]).toBe('Q4_K');
  expect(typesOf('attn_v', 80, 'q4_k_m', { architecture: 'qwen3' })[10]).toBe('Q4_K');
});

it('fused queries, keys and values have a bit more in the _m mixtures', () => {
  expect(typesOf('attn_qkv', 1, 'q4_k_m')).toEqual(['Q5_K']);
  expect(typesOf('attn_qkv', 1, 'q5_k_m')).toEqual(['Q6_K']);
  expect(typesOf('attn_qkv', 1, 'q6_k')).toEqual(['Q6_K']);
});

it('the matrix that computes the logits has six bits, or eight', () => {
  const model = { architecture: { name: 'llama' }, layers: [] };
  const head = (file: GgufFileType, columns: number) =>
    chosenTypes(file, [{ name: 'output.weight', shape: [8, columns], isHead: true }], model)[0]!.type;
  expect([head('q4_k_m', 256), head('q4_k_m', 288), head('q4_k_m', 300)]).toEqual(['Q6_K', 'Q8_0', 'F16']);
  expect([head('q4_0', 256), head('q8_0', 256), head('bf16', 256)]).toEqual(['Q8_0', 'Q8_0', 'BF16']);
});
