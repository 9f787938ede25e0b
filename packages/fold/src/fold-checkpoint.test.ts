import { fc, test } from '@fast-check/vitest';
import { createLayout } from '@grasp/budget';
import { convert, type TensorData, toFloat32 } from '@grasp/checkpoint';
import { random } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { f32, memoryCheckpoint } from '../test/memory-checkpoint.js';
import { foldCheckpoint } from './fold-checkpoint.js';
import type { UnitSlice } from './unit-slice.js';

/**
 * Two layers of a toy network, `y = down · (scale ⊙ (up · x + bias))`, of random sizes, with unit width `w`: rows of
 * `up` and `bias`, columns of `down`.
 */
const problems = fc
  .record({
    inputs: fc.integer({ min: 1, max: 6 }),
    counts: fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })),
    width: fc.integer({ min: 1, max: 4 }),
    dtype: fc.constantFrom('F32', 'F16', 'BF16' as const),
    seed: fc.nat(),
  })
  .chain((shape) => {
    const size = shape.counts[0] + shape.counts[1];
    return fc.record({
      shape: fc.constant(shape),
      mask: fc
        .array(fc.constantFrom(0, 1), { minLength: size, maxLength: size })
        .map((bits) => Uint8Array.from(bits)),
      scales: fc
        .array(fc.double({ min: 0.5, max: 1.5, noNaN: true }), { minLength: size, maxLength: size })
        .map((scales) => Float32Array.from(scales)),
    });
  });

type Shape = (typeof problems extends fc.Arbitrary<infer Problem> ? Problem : never)['shape'];

function build({ inputs, counts, width, dtype, seed }: Shape) {
  const next = random(seed);
  const value = () => 2 * next() - 1;
  const tensor = (...shape: number[]): TensorData => {
    const length = shape.reduce((a, b) => a * b, 1);
    return convert(f32(shape, Array.from({ length }, value)), dtype);
  };
  const tensors: Record<string, TensorData> = { norm: tensor(inputs) };
  const slices: UnitSlice[] = [];
  counts.forEach((count, layer) => {
    const rows = count * width;
    tensors[`${layer}.up`] = tensor(rows, inputs);
    tensors[`${layer}.bias`] = tensor(rows);
    tensors[`${layer}.down`] = tensor(inputs, rows);
    const unit = { layer, kind: 'ffn', width };
    slices.push({ tensor: `${layer}.up`, axis: 0, scaled: false, ...unit });
    slices.push({ tensor: `${layer}.bias`, axis: 0, scaled: false, ...unit });
    slices.push({ tensor: `${layer}.down`, axis: 1, scaled: true, ...unit });
  });
  const layout = createLayout(counts.map((count, layer) => ({ layer, kind: 'ffn', count, cost: 1 })));
  return { checkpoint: memoryCheckpoint(tensors), tensors, slices, layout };
}

describe('foldCheckpoint', () => {
  test.prop([problems])('gives back every bit where all is kept and nothing scaled', async ({ shape }) => {
    const { checkpoint, tensors, slices, layout } = build(shape);
    const ones = new Uint8Array(layout.size).fill(1);
    for (const scales of [{}, { scales: new Float32Array(layout.size).fill(1) }]) {
      const view = foldCheckpoint(checkpoint, { layout, slices, mask: ones, config: {}, ...scales });
      for (const name of Object.keys(tensors)) expect(await view.read(name)).toEqual(tensors[name]);
    }
  });

  test.prop([problems])('keeps the elements of kept units, scaled and rounded once', async (problem) => {
    const { shape, mask, scales } = problem;
    const { checkpoint, tensors, slices, layout } = build(shape);
    const view = foldCheckpoint(checkpoint, { layout, slices, mask, scales, config: {} });
    const { inputs, width, dtype } = shape;
    for (const { layer, start, count } of layout.blocks) {
      const entries = Array.from({ length: count * width }, (_, entry) => entry);
      const kept = entries.filter((entry) => mask[start + Math.floor(entry / width)] === 1);
      if (kept.length === 0) {
        expect(view.tensors.has(`${layer}.up`)).toBe(false);
        continue;
      }
      const wide = (name: string) => toFloat32(tensors[`${layer}.${name}`]!);
      const scaleOf = (entry: number) => scales[start + Math.floor(entry / width)]!;
      const columns = (entry: number) =>
        Array.from({ length: inputs }, (_, column) => entry * inputs + column);
      const up = f32(
        [kept.length, inputs],
        kept.flatMap(columns).map((at) => wide('up')[at]!),
      );
      const bias = f32(
        [kept.length],
        kept.map((entry) => wide('bias')[entry]!),
      );
      const down = f32(
        [inputs, kept.length],
        Array.from({ length: inputs }, (_, row) =>
          kept.map((entry) => wide('down')[row * entries.length + entry]! * scaleOf(entry)),
        ).flat(),
      );
      expect(await view.read(`${layer}.up`)).toEqual(convert(up, dtype));
      expect(await view.read(`${layer}.bias`)).toEqual(convert(bias, dtype));
      expect(await view.read(`${layer}.down`)).toEqual(convert(down, dtype));
      expect(view.tensors.get(`${layer}.down`)).toEqual({ name: `${layer}.down`, dtype, shape: down.shape });
    }
    expect(await view.read('norm')).toEqual(tensors.norm);
  });

  test.prop([problems])('computes what the gates computed', async ({ shape, mask, scales }) => {
    const { checkpoint, tensors, slices, layout } = build({ ...shape, dtype: 'F32' });
    const view = foldCheckpoint(checkpoint, { layout, slices, mask, scales, config: {} });
    const { inputs, width } = shape;
    const x = Array.from({ length: inputs }, (_, i) => Math.cos(i + 1));
    const forward = (
      up: Float32Array,
      bias: Float32Array,
      down: Float32Array,
      gate: (entry: number) => number,
    ) => {
      const hidden = Array.from(bias, (b, j) => {
        return gate(j) * (b + x.reduce((sum, value, i) => sum + up[j * inputs + i]! * value, 0));
      });
      return x.map((_, row) => hidden.reduce((sum, h, j) => sum + down[row * bias.length + j]! * h, 0));
    };
    for (const { layer, start, count } of layout.blocks) {
      const dense = (name: string) => toFloat32(tensors[`${layer}.${name}`]!);
      const gated = forward(dense('up'), dense('bias'), dense('down'), (entry) => {
        const unit = start + Math.floor(entry / width);
        return mask[unit]! * scales[unit]!;
      });
      if (mask.subarray(start, start + count).every((bit) => bit === 0)) continue;
      const folded = async (name: string) => toFloat32(await view.read(`${layer}.${name}`));
      const smaller = forward(await folded('up'), await folded('bias'), await folded('down'), () => 1);
      // One float32 rounding of each product w·scale; sums here are below 30.
      smaller.forEach((value, i) => {
        expect(value).toBeCloseTo(gated[i]!, 5);
      });
    }
  });

  test.prop([problems])('leaves the checkpoint it stands on unchanged', async ({ shape, mask, scales }) => {
    const { checkpoint, tensors, slices, layout } = build(shape);
    const before = structuredClone(tensors);
    const view = foldCheckpoint(checkpoint, { layout, slices, mask, scales, config: {} });
    for (const name of view.tensors.keys()) await view.read(name);
    expect(tensors).toEqual(before);
  });

  it('slices kernels of rank 4 along either axis, and scales them', async () => {
    const [outputs, inputs, inner] = [3, 4, 6];
    const data = Float32Array.from({ length: outputs * inputs * inner }, (_, at) => at + 1);
    const kernel: TensorData = { dtype: 'F32', shape: [outputs, inputs, 2, 3], data };
    const unit = { layer: 0, width: 1, tensor: 'conv' };
    const layout = createLayout([
      { layer: 0, kind: 'filter', count: outputs, cost: 1 },
      { layer: 0, kind: 'channel', count: inputs, cost: 1 },
    ]);
    const view = foldCheckpoint(memoryCheckpoint({ conv: kernel }), {
      layout,
      slices: [
        { ...unit, kind: 'filter', axis: 0, scaled: true },
        { ...unit, kind: 'channel', axis: 1, scaled: true },
      ],
      mask: Uint8Array.of(0, 1, 1, 1, 0, 0, 1),
      scales: Float32Array.of(9, 2, 3, 5, 9, 9, 7),
      config: {},
    });
    const expected = [1, 2].flatMap((output) =>
      [0, 3].flatMap((input) =>
        Array.from({ length: inner }, (_, at) => {
          const scale = [2, 3][output - 1]! * (input === 0 ? 5 : 7);
          return data[(output * inputs + input) * inner + at]! * scale;
        }),
      ),
    );
    expect(await view.read('conv')).toEqual(f32([2, 2, 2, 3], expected));
    expect(view.tensors.get('conv')?.shape).toEqual([2, 2, 2, 3]);
  });

  it('ignores scales of removed units, even if no slice takes scales', () => {
    const { checkpoint, slices, layout } = build({
      inputs: 2,
      counts: [2, 1],
      width: 1,
      dtype: 'F32',
      seed: 1,
    });
    const options = {
      layout,
      slices: slices.map((slice) => ({ ...slice, scaled: false })),
      mask: Uint8Array.of(1, 0, 1),
      config: {},
    };
    expect(() => foldCheckpoint(checkpoint, { ...options, scales: Float32Array.of(1, 0, 1) })).not.toThrow();
    expect(() => foldCheckpoint(checkpoint, { ...options, scales: Float32Array.of(2, 0, 1) })).toThrow(
      /layer 0 ffn/,
    );
  });

  describe('refuses', () => {
    const shape = { inputs: 2, counts: [3, 2], width: 2, dtype: 'F32', seed: 1 } as const;
    const { checkpoint, slices, layout } = build({ ...shape, counts: [3, 2] });
    const mask = new Uint8Array(5).fill(1);
    const options = { layout, slices, mask, config: {} };
    const folding = (changed: Partial<Parameters<typeof foldCheckpoint>[1]>) => () =>
      foldCheckpoint(checkpoint, { ...options, ...changed });

    it.each([
      ['a mask of another length', { mask: new Uint8Array(4) }, /5 units; received 4/],
      ['scales of another length', { scales: new Float32Array(6) }, /5 units; received 6/],
      ['a tensor that is not there', { slices: [{ ...slices[0]!, tensor: 'gone' }] }, /no tensor gone/],
      ['a unit width that does not fit', { slices: [{ ...slices[0]!, width: 3 }] }, /shape \[6, 2\]/],
      ['a block the layout lacks', { slices: [{ ...slices[0]!, kind: 'kv' }] }, /names layer 0 kv/],
      ['an axis sliced twice', { slices: [...slices, slices[0]!] }, /has two slices/],
      ['a block without a slice', { slices: slices.slice(0, 3) }, /layer 1 ffn has no slice/],
      [
        'a scale that is not finite',
        { scales: new Float32Array(5).fill(Number.NaN) },
        /scale of unit 0 .* NaN/,
      ],
      [
        'scales with no tensor to go to',
        {
          slices: slices.map((slice) => ({ ...slice, scaled: false })),
          scales: new Float32Array(5).fill(0.5),
        },
        /none of its slices is `scaled`/,
      ],
    ])('%s', (_, changed, message) => {
      expect(folding(changed)).toThrow(message);
    });

    it('a product beyond the range of the dtype', async () => {
      const large = memoryCheckpoint({ w: { dtype: 'F16', shape: [1, 1], data: Uint16Array.of(0x7bff) } });
      const view = foldCheckpoint(large, {
        layout: createLayout([{ layer: 0, kind: 'ffn', count: 1, cost: 1 }]),
        slices: [{ tensor: 'w', axis: 1, layer: 0, kind: 'ffn', width: 1, scaled: true }],
        mask: Uint8Array.of(1),
        scales: Float32Array.of(1.25),
        config: {},
      });
      await expect(view.read('w')).rejects.toThrow(/beyond the range of F16/);
    });

    it('a tensor of which nothing stays', async () => {
      const view = foldCheckpoint(checkpoint, { ...options, mask: Uint8Array.of(1, 1, 1, 0, 0) });
      await expect(view.read('1.up')).rejects.toThrow(/no tensor named "1.up"/);
    });
  });
});
