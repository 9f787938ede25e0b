import { toFloat32 } from '@grasp/checkpoint';
import { configOf } from '@grasp/decoder';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { madeUpModel, masks, prunedBy } from '../../test/made-up-model.js';
import { forDeci } from '../index.js';
import { deciLayout } from './deci-layout.js';

const llama = madeUpModel({ model_type: 'llama' });
const decoder = configOf(llama);

describe('forDeci', () => {
  it.each(Object.keys(masks))('keeps every weight of a mask and adds only zeros: %s', async (mask) => {
    const view = prunedBy(llama, masks[mask]!);
    const deci = await forDeci(view);
    const sum = async (tensors: Iterable<string>, read: typeof view.read) => {
      let total = 0;
      for (const name of tensors) {
        if (name.includes('norm')) continue; // of sublayers that are gone
        total += toFloat32(await read(name)).reduce((a, b) => a + b * b, 0);
      }
      return total;
    };
    const stored = await sum(deci.tensors.keys(), (name) => deci.read(name));
    expect(stored).toBeCloseTo(await sum(view.tensors.keys(), (name) => view.read(name)), 3);
    for (const name of deci.tensors.keys()) {
      expect((await deci.read(name)).shape).toEqual(deci.tensors.get(name)!.shape);
    }
  });

  it('has blocks as DeciLM states them', async () => {
    const { config, files, tensors } = await forDeci(
      prunedBy(llama, masks['middle layer without attention']!),
    );
    expect(config).toMatchObject({ model_type: 'nemotron-nas', architectures: ['DeciLMForCausalLM'] });
    expect((config.block_configs as unknown[])[1]).toEqual({
      attention: { no_op: true, n_heads_in_group: null },
      ffn: { no_op: false, intermediate_size: expect.any(Number) },
    });
    expect(files.map(({ name }) => name)).toContain('configuration_decilm.py');
    expect(tensors.has('model.layers.1.input_layernorm.weight')).toBe(false);
  });

  it('has widths of 256 and heads that span the hidden size in its portable form', async () => {
    const { config } = await forDeci(prunedBy(llama, masks['about half']!), { portable: true });
    expect(config).toMatchObject({ hidden_size: 48, num_attention_heads: 8 });
    for (const { ffn } of config.block_configs as { ffn: { ffn_mult: number } }[]) {
      expect(Math.ceil((2 * ffn.ffn_mult * 48) / 3 / 256 - 1e-9)).toBe(1);
    }
  });

  it.each([
    ['qwen3', {}, 'norms of queries and keys'],
    ['granite', { residual_multiplier: 0.5 }, 'a factor on sublayers'],
    ['llama', { hidden_act: 'gelu' }, 'an FFN with gelu'],
    ['llama', { rope_scaling: { type: 'dynamic', factor: 2 } }, 'dynamic scaling of positions'],
  ] as const)('refuses %s with %j by name', async (model_type, fields, reason) => {
    await expect(forDeci(madeUpModel({ model_type, ...fields }))).rejects.toThrow(
      `DeciLM cannot express ${reason}`,
    );
  });

  it('refuses windows in its portable form only', async () => {
    const mistral = madeUpModel({ model_type: 'mistral', sliding_window: 5 });
    expect((await forDeci(mistral)).config).toMatchObject({ sliding_window: 5 });
    await expect(forDeci(mistral, { portable: true })).rejects.toThrow('sliding windows');
  });
});

describe('deciLayout', () => {
  it('holds each KV head with its query heads, and no more heads than the dense model', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.nat(8), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        (queriesPerKvHead, dense, kept, portable) => {
          const hiddenSize = dense * queriesPerKvHead * decoder.headDim;
          const layers = kept.map((count) => ({ channels: 300, kvHeads: Math.min(count, dense) }));
          const layout = deciLayout({ ...decoder, queriesPerKvHead, hiddenSize, layers }, portable);
          expect(layout.heads).toBeLessThanOrEqual(dense * queriesPerKvHead);
          layout.layers.forEach(({ kvHeads }, layer) => {
            expect(kvHeads).toBeGreaterThanOrEqual(layers[layer]!.kvHeads);
            expect(kvHeads > 0 || layer > 0).toBe(true);
            const queries = kvHeads === 0 ? queriesPerKvHead : layout.heads / kvHeads;
            expect(Number.isInteger(queries) && queries >= queriesPerKvHead).toBe(true);
          });
        },
      ),
    );
  });
});
