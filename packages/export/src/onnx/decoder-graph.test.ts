import { test } from '@fast-check/vitest';
import { decoderCheckpoint } from '@grasp/decoder';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { masks, prunedBy } from '../../test/made-up-model.js';
import { servedModel, servedModelNames } from '../../test/served-models.js';
import { decoderGraph } from './decoder-graph.js';
import { GraphBuilder } from './graph-builder.js';
import type { OnnxGraph } from './onnx-graph.js';

const graphOf = (name: string, keep = masks.everything!, products: 'FLOAT' | 'FLOAT16' = 'FLOAT') =>
  decoderGraph(decoderCheckpoint(prunedBy(servedModel(name), keep)), products);

/** What is wrong with a graph: values that are used before they exist, made twice, or never used. */
function problems({ inputs, constants, weights, nodes, outputs }: OnnxGraph): string[] {
  const found: string[] = [];
  const made = new Set<string>();
  const used = new Set<string>(outputs.map(({ name }) => name));
  const make = (name: string) => {
    if (made.has(name)) found.push(`${name} is made twice`);
    made.add(name);
  };
  for (const { name } of [...inputs, ...constants, ...weights]) make(name);
  for (const node of nodes) {
    for (const input of node.inputs) {
      if (!made.has(input)) found.push(`${node.name} uses ${input} too early`);
      used.add(input);
    }
    for (const output of node.outputs) make(output);
  }
  for (const name of made) {
    if (!used.has(name)) found.push(`${name} is not used`);
  }
  for (const { name } of outputs) {
    if (!made.has(name)) found.push(`${name} is not made`);
  }
  return found;
}

describe('decoderGraph', () => {
  it.each(servedModelNames)('computes each value once, from what is there: %s', (name) => {
    for (const products of ['FLOAT', 'FLOAT16'] as const) {
      expect(problems(graphOf(name, masks['about half'], products))).toEqual([]);
    }
  });

  it('has the inputs and outputs of optimum, with the heads of each layer', () => {
    // The layers keep 1, 2, 3 and 0 KV heads.
    const graph = graphOf('qwen2', (layer, kind, index) => kind !== 'kv' || index < (layer + 1) % 4);
    const cache = (prefix: string, tokens: string) =>
      [1, 2, 3].flatMap((heads, layer) =>
        ['key', 'value'].map((of) => ({
          name: `${prefix}.${layer}.${of}`,
          type: 'FLOAT',
          shape: ['batch_size', heads, tokens, 32],
        })),
      );
    const ids = (name: string, tokens: string) => ({ name, type: 'INT64', shape: ['batch_size', tokens] });
    expect(graph.inputs).toEqual([
      ids('input_ids', 'sequence_length'),
      ids('attention_mask', 'total_sequence_length'),
      ids('position_ids', 'sequence_length'),
      ...cache('past_key_values', 'past_sequence_length'),
    ]);
    expect(graph.outputs).toEqual([
      { name: 'logits', type: 'FLOAT', shape: ['batch_size', 'sequence_length', 64] },
      ...cache('present', 'total_sequence_length'),
    ]);
  });

  it('has float16 for weights of products and the cache alone', () => {
    const graph = graphOf('qwen2', masks['about half'], 'FLOAT16');
    for (const { name, type } of graph.weights) {
      expect({ name, type }).toEqual({ name, type: /norm|bias/.test(name) ? 'FLOAT' : 'FLOAT16' });
    }
    expect(graph.outputs.map(({ type }) => type)).toEqual([
      'FLOAT',
      ...graph.outputs.slice(1).map(() => 'FLOAT16'),
    ]);
  });

  it('stores a tied head once', () => {
    const names = (name: string) =>
      graphOf(name)
        .weights.filter(({ shape }) => shape.includes(64))
        .map((w) => w.name);
    expect(names('qwen2')).toEqual(['model.embed_tokens.weight']);
    expect(names('arcee')).toEqual(['model.embed_tokens.weight', 'lm_head.weight']);
  });

  it('has one mask for each window and one rotation for each kind', () => {
    const count = (name: string, opType: string) =>
      graphOf(name).nodes.filter((node) => node.opType === opType).length;
    expect(count('gemma2', 'Range')).toBe(4); // keys and queries, for two windows
    expect(count('gemma2', 'Cos')).toBe(1);
    expect(count('gemma3_text', 'Cos')).toBe(2);
    expect(count('smollm3', 'Cos')).toBe(1);
  });

  test.prop([
    fc.array(fc.tuple(fc.nat(4), fc.nat(3)), { minLength: 4, maxLength: 4 }),
    fc.constantFrom(...servedModelNames),
  ])('is sound for any widths', (widths, name) => {
    const graph = graphOf(name, (layer, kind, index) => index < widths[layer]![kind === 'kv' ? 0 : 1]);
    const wrong = problems(graph).filter((problem) => !/_(ids|mask) is not used$/.test(problem));
    expect(wrong).toEqual([]); // without attention, mask and positions are of no use
    const caches = graph.inputs.filter(({ name: input }) => input.endsWith('.key'));
    const kept = decoderCheckpoint(
      prunedBy(servedModel(name), (layer, kind, index) => index < widths[layer]![kind === 'kv' ? 0 : 1]),
    ).decoder;
    expect(caches.map(({ shape }) => shape[1])).toEqual(
      kept.layers.map(({ kvHeads }) => kvHeads).filter(Boolean),
    );
  });
});

describe('GraphBuilder', () => {
  it('narrows the inputs of products alone, each once', () => {
    const g = new GraphBuilder('FLOAT16');
    const x = g.input('x', 'FLOAT', [2, 2]);
    const weight = (name: string) =>
      g.weight({ name, type: 'FLOAT16', shape: [2, 2], read: async () => new Uint16Array(4) });
    const y = g.add(g.matMul(x, weight('a')), g.matMul(x, weight('b')));
    g.output(y, 'y', 'FLOAT', [2, 2]);
    expect(g.nodes.map(({ opType, inputs }) => [opType, ...inputs.slice(0, 1)])).toEqual([
      ['Cast', 'x'],
      ['MatMul', 'Cast_0'],
      ['Cast', 'MatMul_1'],
      ['MatMul', 'Cast_0'],
      ['Cast', 'MatMul_3'],
      ['Add', 'Cast_2'],
    ]);
  });

  it('renames a value that becomes an output, wherever it is used', () => {
    const g = new GraphBuilder('FLOAT');
    const sum = g.add(g.input('x', 'FLOAT', [1]), 1);
    g.multiply(sum, 2);
    expect(g.output(sum, 'sum', 'FLOAT', [1])).toBe('sum');
    g.multiply('sum', 3);
    expect(g.nodes.map(({ inputs, outputs }) => [inputs[0], outputs[0]])).toEqual([
      ['x', 'sum'],
      ['sum', 'Mul_1'],
      ['sum', 'Mul_2'],
    ]);
  });
});
