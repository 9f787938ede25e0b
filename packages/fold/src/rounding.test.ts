import { fc, test } from '@fast-check/vitest';
import { createLayout } from '@grasp/budget';
import { convert, type TensorDType, toFloat32 } from '@grasp/checkpoint';
import { normals, random } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { f32, memoryCheckpoint } from '../test/memory-checkpoint.js';
import { foldCheckpoint } from './fold-checkpoint.js';

/** Significant bits, and the exponent of the smallest normal number. */
const FORMATS = { F32: [24, -126], F16: [11, -14], BF16: [8, -126] } as const;

/** Distance of neighbouring numbers of a format around `x`. */
function ulp(x: number, dtype: TensorDType): number {
  const [precision, smallest] = FORMATS[dtype];
  let exponent = smallest;
  while (Math.abs(x) >= 2 ** (exponent + 1)) exponent++;
  return 2 ** (exponent - precision + 1);
}

/** `x` rounded to a format, to nearest, ties to even. All steps are exact in float64. */
function rounded(x: number, dtype: TensorDType): number {
  const quotient = x / ulp(x, dtype);
  const floor = Math.floor(quotient);
  const above = quotient - floor;
  const up = above > 0.5 || (above === 0.5 && floor % 2 !== 0);
  return (up ? floor + 1 : floor) * ulp(x, dtype);
}

interface Problem {
  readonly dtype: TensorDType;
  readonly rows: number;
  readonly columns: number;
  readonly rank: number;
  readonly seed: number;
}

/** A random matrix whose rows and columns are units, with every kind of change. */
function build({ dtype, rows, columns, rank, seed }: Problem) {
  const next = random(seed);
  const some = (length: number) => Uint32Array.from([...Array(length).keys()].filter(() => next() < 0.5));
  const unit = { layer: 0, width: 1, tensor: 'w', scaled: true };
  const layout = createLayout([
    { layer: 0, kind: 'row', count: rows, cost: 1 },
    { layer: 0, kind: 'column', count: columns, cost: 1 },
  ]);
  const mask = Uint8Array.from({ length: layout.size }, () => Number(next() < 0.7));
  mask[0] = 1;
  mask[rows] = 1;
  const scales = Float32Array.from({ length: layout.size }, () => 0.5 + next());
  const [inputs, outputs, replaced] = [some(columns), some(rows), some(columns)];
  const lora = {
    tensor: 'w',
    inputs,
    outputs,
    rank,
    a: normals(inputs.length * rank, seed + 1),
    b: normals(rank * outputs.length, seed + 2, 0.3),
  };
  const refitted = {
    tensor: 'w',
    columns: replaced,
    weights: normals(replaced.length * rows, seed + 3),
  };
  const norm = convert(f32([columns], normals(columns, seed + 4)), dtype);
  const norms = { tensor: 'norm', scales: Float32Array.from({ length: columns }, () => 0.5 + next()) };
  const dense = convert(f32([rows, columns], normals(rows * columns, seed)), dtype);
  const view = foldCheckpoint(memoryCheckpoint({ w: dense, norm }), {
    layout,
    slices: [
      { ...unit, kind: 'row', axis: 0 },
      { ...unit, kind: 'column', axis: 1 },
    ],
    mask,
    scales,
    config: {},
    changes: { columns: [refitted], lora: [lora], norms: [norms] },
  });
  return { view, dense, norm, norms, mask, scales, lora, refitted };
}

/** Each kept element, composed with `round` after every operation. */
function* compose(
  { rows, columns, rank }: Problem,
  { dense, mask, scales, lora, refitted }: ReturnType<typeof build>,
  round: (x: number) => number,
) {
  const wide = toFloat32(dense);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (mask[row] === 0 || mask[rows + column] === 0) continue;
      let value = wide[row * columns + column]!;
      const place = refitted.columns.indexOf(column);
      if (place >= 0) value = refitted.weights[place * rows + row]!;
      const [input, output] = [lora.inputs.indexOf(column), lora.outputs.indexOf(row)];
      if (input >= 0 && output >= 0) {
        let product = 0;
        for (let k = 0; k < rank; k++) {
          product += lora.a[input * rank + k]! * lora.b[k * lora.outputs.length + output]!;
        }
        value = round(value + product);
      }
      yield round(round(value * scales[row]!) * scales[rows + column]!);
    }
  }
}

const problems = fc.record({
  dtype: fc.constantFrom('F32', 'F16', 'BF16' as const),
  rows: fc.integer({ min: 1, max: 6 }),
  columns: fc.integer({ min: 1, max: 9 }),
  rank: fc.integer({ min: 1, max: 3 }),
  seed: fc.nat(2 ** 31),
});

describe('every element is rounded once', () => {
  test.prop([problems], { numRuns: 300 })('to the dtype of its tensor', async (problem) => {
    const { dtype } = problem;
    const built = build(problem);
    const written = toFloat32(await built.view.read('w'));
    const single = [...compose(problem, built, Math.fround)];
    const double = [...compose(problem, built, (x) => x)];
    expect(written).toHaveLength(single.length);
    single.forEach((value, at) => {
      expect(written[at]).toBe(rounded(value, dtype));
      const exact = double[at]!;
      // Three float32 roundings, each of relative error 2⁻²⁴ at most.
      const composition = ((1 + 2 ** -24) ** 3 - 1) * Math.abs(exact) + 2 ** -140;
      const half = ulp(Math.max(Math.abs(value), Math.abs(exact)), dtype) / 2;
      expect(Math.abs(written[at]! - exact)).toBeLessThanOrEqual(half + composition);
    });
  });

  test.prop([problems])('in norms too', async (problem) => {
    const { view, norm, norms } = build(problem);
    const written = toFloat32(await view.read('norm'));
    toFloat32(norm).forEach((weight, at) => {
      expect(written[at]).toBe(rounded(Math.fround(weight * norms.scales[at]!), problem.dtype));
    });
  });

  it('where rounding twice gives another number', async () => {
    // 1 + 2⁻⁸ is half way between two bfloat16 numbers and rounds to 1; times 1.5 it rounds to 1.5 + 2⁻⁷.
    const layout = createLayout([{ layer: 0, kind: 'ffn', count: 1, cost: 1 }]);
    const view = foldCheckpoint(memoryCheckpoint({ w: convert(f32([1, 1], [1]), 'BF16') }), {
      layout,
      slices: [{ layer: 0, kind: 'ffn', width: 1, tensor: 'w', axis: 1, scaled: true }],
      mask: Uint8Array.of(1),
      scales: Float32Array.of(1.5),
      config: {},
      changes: {
        columns: [{ tensor: 'w', columns: Uint32Array.of(0), weights: Float32Array.of(1 + 2 ** -8) }],
      },
    });
    expect([...toFloat32(await view.read('w'))]).toEqual([1.5 + 2 ** -7]);
  });
});

describe('without changes', () => {
  it.each(['F16', 'BF16'] as const)('every %s pattern is copied bit for bit', async (dtype) => {
    const data = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);
    const layout = createLayout([{ layer: 0, kind: 'ffn', count: 2, cost: 1 }]);
    const view = foldCheckpoint(memoryCheckpoint({ w: { dtype, shape: [2 ** 15, 2], data } }), {
      layout,
      slices: [{ layer: 0, kind: 'ffn', width: 1, tensor: 'w', axis: 1, scaled: true }],
      mask: Uint8Array.of(1, 0),
      scales: Float32Array.of(1, 0),
      config: {},
      changes: { columns: [], lora: [] },
    });
    expect(await view.read('w')).toEqual({
      dtype,
      shape: [2 ** 15, 1],
      data: data.filter((bits) => bits % 2 === 0),
    });
  });

  it('a norm whose scales are 1 is copied bit for bit', async () => {
    const norm = { dtype: 'BF16', shape: [2], data: Uint16Array.of(0x7f81, 0x3f80) } as const; // a signalling NaN
    const view = foldCheckpoint(memoryCheckpoint({ norm, w: f32([1, 1], [1]) }), {
      layout: createLayout([{ layer: 0, kind: 'ffn', count: 1, cost: 1 }]),
      slices: [{ layer: 0, kind: 'ffn', width: 1, tensor: 'w', axis: 1, scaled: true }],
      mask: Uint8Array.of(1),
      config: {},
      changes: { norms: [{ tensor: 'norm', scales: Float32Array.of(1, 1) }] },
    });
    expect(await view.read('norm')).toEqual(norm);
  });
});
