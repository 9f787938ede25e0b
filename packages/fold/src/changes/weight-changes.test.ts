import { createLayout } from '@grasp/budget';
import { toFloat32 } from '@grasp/checkpoint';
import { normals } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { f32, memoryCheckpoint } from '../../test/memory-checkpoint.js';
import { FoldError } from '../errors.js';
import { foldCheckpoint } from '../fold-checkpoint.js';
import type { WeightChanges } from './weight-changes.js';

const [rows, width] = [8, 12];
const before = normals(rows * width, 1);
const checkpoint = memoryCheckpoint({
  w: f32([rows, width], before),
  norm: f32([4], [1, 2, 3, 4]),
});
const layout = createLayout([{ layer: 0, kind: 'ffn', count: width, cost: 1 }]);

/** A view with every unit kept. */
const view = (changes: WeightChanges) =>
  foldCheckpoint(checkpoint, {
    layout,
    slices: [{ layer: 0, kind: 'ffn', width: 1, tensor: 'w', axis: 1, scaled: true }],
    mask: new Uint8Array(width).fill(1),
    config: {},
    changes,
  });

const read = async (changes: WeightChanges, name = 'w') => toFloat32(await view(changes).read(name));

const [inputs, outputs] = [Uint32Array.of(1, 4, 11), Uint32Array.of(0, 7)];
const update = { tensor: 'w', inputs, outputs, rank: 2, a: normals(6, 2), b: normals(4, 3) };
const columns = { tensor: 'w', columns: Uint32Array.of(4, 2), weights: normals(2 * rows, 4) };

describe('changes', () => {
  it('add a LoRA product to the rows and columns it names, and to nothing else', async () => {
    const after = await read({ lora: [update] });
    const expected = before.slice();
    outputs.forEach((output, o) => {
      inputs.forEach((input, i) => {
        const [a, b] = [update.a.subarray(2 * i, 2 * i + 2), [update.b[o]!, update.b[2 + o]!]];
        expected[output * width + input]! += a[0]! * b[0]! + a[1]! * b[1]!;
      });
    });
    expect(after).toEqual(expected);
    expect(after.filter((x, i) => x !== before[i])).toHaveLength(6);
  });

  it('add a LoRA product to the whole matrix by default', async () => {
    const whole = {
      tensor: 'w',
      rank: 1,
      a: new Float32Array(width).fill(2),
      b: new Float32Array(rows).fill(3),
    };
    expect(await read({ lora: [whole] })).toEqual(before.map((x) => x + 6));
  });

  it('replace columns before a product is added', async () => {
    const replaced = before.slice();
    columns.columns.forEach((column, place) => {
      for (let row = 0; row < rows; row++) {
        replaced[row * width + column] = columns.weights[place * rows + row]!;
      }
    });
    expect(await read({ columns: [columns] })).toEqual(replaced);
    const both = await read({ columns: [columns], lora: [update] });
    const product = await read({ lora: [update] });
    both.forEach((value, at) => {
      expect(value).toBeCloseTo(replaced[at]! + product[at]! - before[at]!, 6);
    });
  });

  it('multiply a norm by its scales', async () => {
    const norms = [{ tensor: 'norm', scales: Float32Array.of(2, 1, 0.5, -1) }];
    expect(await read({ norms }, 'norm')).toEqual(Float32Array.of(2, 2, 1.5, -4));
  });

  it('leave the checkpoint as it is', async () => {
    await read({ columns: [columns], lora: [update] });
    expect(toFloat32(await checkpoint.read('w'))).toEqual(before);
  });

  it.each<[string, WeightChanges, string]>([
    ['a missing matrix', { lora: [{ ...update, tensor: 'none' }] }, 'none is missing'],
    ['a vector', { lora: [{ ...update, tensor: 'norm' }] }, 'shape [4]'],
    ['factors of another size', { lora: [{ ...update, a: normals(5, 2) }] }, '5 and 4 entries'],
    ['a column outside', { lora: [{ ...update, inputs: Uint32Array.of(1, 4, 12) }] }, 'shape [8, 12]'],
    ['a row outside', { lora: [{ ...update, outputs: Uint32Array.of(0, 8) }] }, 'shape [8, 12]'],
    ['two products of one matrix', { lora: [update, update] }, 'w has two entries in changes.lora'],
    ['columns of a missing matrix', { columns: [{ ...columns, tensor: 'none' }] }, 'none is missing'],
    ['columns of a vector', { columns: [{ ...columns, tensor: 'norm' }] }, 'shape [4]'],
    ['too few weights', { columns: [{ ...columns, weights: normals(15, 1) }] }, '2 replaced columns have 15'],
    ['a replaced column outside', { columns: [{ ...columns, columns: Uint32Array.of(4, 12) }] }, '[8, 12]'],
    ['two lists of columns of one matrix', { columns: [columns, columns] }, 'changes.columns'],
    ['scales of a matrix', { norms: [{ tensor: 'w', scales: new Float32Array(96) }] }, 'shape [8, 12]'],
    ['too few norm scales', { norms: [{ tensor: 'norm', scales: new Float32Array(3) }] }, 'need shape [3]'],
    [
      'a norm scale that is not finite',
      { norms: [{ tensor: 'norm', scales: Float32Array.of(1, 1, Number.NaN, 1) }] },
      'Norm scale 2 of norm is NaN',
    ],
  ])('refuse %s', (_, changes, message) => {
    expect(() => view(changes)).toThrow(FoldError);
    expect(() => view(changes)).toThrow(message);
  });
});
