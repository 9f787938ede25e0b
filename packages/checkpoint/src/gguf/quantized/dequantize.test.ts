import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { randomBlocks } from '../../../test/random-blocks.js';
import { float32ToBfloat16 } from '../../dtypes/float16.js';
import { dequantize } from './dequantize.js';
import { dequantizeToBfloat16 } from './dequantize-bfloat16.js';
import { GGML_TYPES, type GgmlQuantType } from './types.js';

/** Blocks and their values as ggml computes them. Made by test/python/dequantized_blocks.py, which describes them. */
const FIXTURE = JSON.parse(
  readFileSync(new URL('../../../test/dequantized-blocks.json', import.meta.url), 'utf8'),
) as Readonly<Record<GgmlQuantType, { blocks: string; values: string; sha256: string }>>;

const TYPES = Object.keys(GGML_TYPES).filter((type) => type in FIXTURE) as GgmlQuantType[];

/** The bits of float32 values, with one pattern for all NaNs. */
function bitsOf(values: Float32Array): Uint32Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return bits.map((x) => ((x & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : x));
}

describe('dequantize', () => {
  it('knows every type of the fixture, and the fixture every type', () => {
    const quantised = Object.keys(GGML_TYPES).filter((type) => !/^B?F\d/.test(type));
    expect(Object.keys(FIXTURE).toSorted()).toEqual(quantised.toSorted());
  });

  it.each(TYPES)('%s: equal to ggml to the last bit, 64 blocks', (type) => {
    const out = new Float32Array(64 * GGML_TYPES[type].blockSize);
    dequantize(type, randomBlocks(type, 64), out);
    expect(createHash('sha256').update(new Uint8Array(out.buffer)).digest('hex')).toBe(FIXTURE[type].sha256);
  });

  it.each(TYPES)('%s: infinite and NaN scales as in ggml, written from an offset on', (type) => {
    const expected = new Float32Array(new Uint8Array(Buffer.from(FIXTURE[type].values, 'base64')).buffer);
    const out = new Float32Array(expected.length + 2).fill(7);
    dequantize(type, new Uint8Array(Buffer.from(FIXTURE[type].blocks, 'base64')), out, 1);
    expect(bitsOf(out.subarray(1, -1))).toEqual(bitsOf(expected));
    expect([out[0], out.at(-1)]).toEqual([7, 7]);
  });

  it.each(TYPES)('%s: rounded to bfloat16 as float32 is, also infinite and NaN', (type) => {
    const special = new Uint8Array(Buffer.from(FIXTURE[type].blocks, 'base64'));
    for (const blocks of [randomBlocks(type, 64), special]) {
      const exact = new Float32Array(
        (blocks.length / GGML_TYPES[type].blockBytes) * GGML_TYPES[type].blockSize,
      );
      dequantize(type, blocks, exact);
      const rounded = new Uint16Array(exact.length);
      dequantizeToBfloat16(type, blocks, rounded);
      expect({ data: rounded }).toEqual(float32ToBfloat16(exact));
    }
  });

  it('Q4_1: scale times value plus minimum, low halves first', () => {
    // scale 0.5, minimum -1; byte j holds j and 15 - j
    const block = Uint8Array.from([
      0x00,
      0x38,
      0x00,
      0xbc,
      ...Array.from({ length: 16 }, (_, j) => j | ((15 - j) << 4)),
    ]);
    const out = new Float32Array(34);
    dequantize('Q4_1', block, out, 1);
    const values = Array.from({ length: 16 }, (_, j) => 0.5 * j - 1);
    expect([...out]).toEqual([0, ...values, ...values.toReversed(), 0]);
  });

  it('Q8_0: signed bytes', () => {
    const block = Uint8Array.from([0x00, 0x3c, 127, 128, 255, ...new Array<number>(29).fill(0)]);
    const out = new Float32Array(32);
    dequantize('Q8_0', block, out);
    expect([...out.subarray(0, 4)]).toEqual([127, -128, -1, 0]);
  });
});
