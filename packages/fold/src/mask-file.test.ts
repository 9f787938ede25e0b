import { fc, test } from '@fast-check/vitest';
import { createLayout } from '@grasp/budget';
import { describe, expect, it } from 'vitest';
import { MaskFileError } from './errors.js';
import { decodeMask, encodeMask } from './mask-file.js';

const results = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 }).chain((counts) => {
  const layout = createLayout(counts.map((count, layer) => ({ layer, kind: 'ffn', count, cost: 512 / 3 })));
  const units = fc.array(fc.tuple(fc.constantFrom(0, 1), fc.float({ min: 0.5, max: 1.5, noNaN: true })), {
    minLength: layout.size,
    maxLength: layout.size,
  });
  return units.map((units) => ({
    layout,
    mask: Uint8Array.from(units, ([bit]) => bit),
    scales: Float32Array.from(units, ([bit, scale]) => bit * scale),
    scores: Float32Array.from(units, ([, score]) => score),
    provenance: { model: 'toy', seed: 7 },
  }));
});

describe('encodeMask and decodeMask', () => {
  test.prop([results])('give back every bit', (result) => {
    expect(decodeMask(encodeMask(result), result.layout)).toEqual(result);
    const { scales: _, scores: __, ...maskOnly } = result;
    expect(decodeMask(encodeMask(maskOnly))).toEqual(maskOnly);
  });

  const layout = createLayout([{ layer: 0, kind: 'ffn', count: 12, cost: 1 }]);
  const bytes = encodeMask({
    layout,
    mask: new Uint8Array(12).fill(1),
    scales: new Float32Array(12).fill(1),
    scores: new Float32Array(12).fill(2),
  });

  it('refuse a file for another model', () => {
    const other = createLayout([{ layer: 0, kind: 'ffn', count: 13, cost: 1 }]);
    expect(() => decodeMask(bytes, other)).toThrow(/1 blocks and 12 units/);
  });

  test.prop([fc.nat({ max: bytes.length - 3 })])('refuse a file cut short', (length) => {
    expect(() => decodeMask(bytes.slice(0, length))).toThrow(MaskFileError);
  });

  it('count any number but 0 as kept', () => {
    const two = createLayout([{ layer: 0, kind: 'ffn', count: 2, cost: 1 }]);
    const bytes = encodeMask({ layout: two, mask: Uint8Array.of(2, 0), scales: Float32Array.of(1.5, 9) });
    const { mask, scales } = decodeMask(bytes);
    expect([mask, scales]).toEqual([Uint8Array.of(1, 0), Float32Array.of(1.5, 0)]);
  });

  it('refuse a layout of the same size with other blocks', () => {
    const other = createLayout([
      { layer: 0, kind: 'ffn', count: 6, cost: 1 },
      { layer: 1, kind: 'ffn', count: 6, cost: 1 },
    ]);
    expect(() => decodeMask(bytes, other)).toThrow(/1 blocks and 12 units; this model has 2 and 12/);
  });

  it('ignore a provenance that is no object', () => {
    expect(decodeMask(edited('"provenance": {}', '"provenance": 5')).provenance).toEqual({});
  });

  const edited = (from: string, to: string) =>
    new TextEncoder().encode(new TextDecoder().decode(bytes).replace(from, to));

  it.each([
    ['another format', edited('grasp-mask', 'other'), /not a mask file/],
    ['another version', edited('"version": 1', '"version": 2'), /version 2/],
    ['no version', edited('"version": 1,', ''), /has no version/],
    ['a layout that is none', edited('"count": 12', '"count": -1'), /no valid layout/],
    ['a mask of another length', edited('"count": 12', '"count": 120'), /2 bytes; its layout needs 15/],
    ['a mask that is too long', edited('"mask": "/w8="', '"mask": "/w8A"'), /3 bytes; its layout needs 2/],
    ['a mask that is not base64', edited('"mask": "/w8="', '"mask": "/w%="'), /"mask" is not base64/],
    [
      'too many scales',
      edited('"scales": "', '"scales": "AAAA'),
      /"scales" is damaged: its 51 bytes .* 12 kept units/,
    ],
    [
      'too many scores',
      edited('"scores": "', '"scores": "AAAA'),
      /"scores" is damaged: its 51 bytes .* 12 units/,
    ],
    [
      'too few scores',
      edited('"scores": "AAAAQAAAAEAAAABA', '"scores": "'),
      /"scores" is damaged: it has 9 numbers, for 12 units/,
    ],
    [
      'missing scales',
      edited('"mask": "/w8="', '"mask": "AQA="'),
      /"scales" is damaged: it has 12 numbers, for 1 kept/,
    ],
    ['missing scores', edited('AAAAQAAAAEA', 'AAAAQA'), /scores/],
  ])('refuse %s', (_, file, message) => {
    expect(() => decodeMask(file)).toThrow(message);
  });
});
