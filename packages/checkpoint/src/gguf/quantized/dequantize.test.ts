import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { dequantize } from './dequantize.js';
import { GGML_TYPES, type GgmlQuantType } from './types.js';

/** Where each block keeps its binary16 scales. */
const SCALES: Readonly<Record<GgmlQuantType, readonly number[]>> = {
  Q4_0: [0],
  Q4_1: [0, 2],
  Q5_0: [0],
  Q5_1: [0, 2],
  Q8_0: [0],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
};

/** 64 blocks of pseudo-random bits (a linear congruential generator), with scales kept finite. */
function randomBlocks(type: GgmlQuantType): Uint8Array {
  const { blockBytes } = GGML_TYPES[type];
  let state = 12_345;
  const bytes = Uint8Array.from({ length: 64 * blockBytes }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
  for (let block = 0; block < 64; block++) {
    for (const at of SCALES[type]) bytes[block * blockBytes + at + 1]! &= 0xbf;
  }
  return bytes;
}

/** SHA-256 of the float32 values that the Python package gguf 0.19.0 computes from the same bytes. */
const EXPECTED: Readonly<Record<GgmlQuantType, string>> = {
  Q4_0: '1b1d7030566af3e4859e07eea5b918b2d8428beb7173ba0c7a38d89a05de2538',
  Q4_1: 'fcd20e32f22601607c3be82d5a72c7879d7f6bfecd5538f081710c0f7e99222b',
  Q5_0: '607bef2c6e185caa76bad55c5bf7e8159f82f1331e2cc6db7dd610914705cfdb',
  Q5_1: '2c12bcd1bb76f7ceb11575991ca99b710f3ed93de6f0d4e62cd25272bbc1e176',
  Q8_0: '545c185035a5d4864e59ffde3605bacae9cc827aae9ccc89584d1db6796709d0',
  Q4_K: '40b1803e7ed1d2baaa17aedb24a506543bd7ae57baced2414ac087893a6f6b27',
  Q5_K: '008f9e5cb0cc95ab1785c0cdee4a242e1af6d82e22ac1f95dd34f9371ca771c6',
  Q6_K: 'ffae19d693e216c21f7cb821be73109cdb581655ddbe549baf5a44cc63f1003a',
};

describe('dequantize', () => {
  it.each(Object.keys(EXPECTED) as GgmlQuantType[])('%s: equal to the last bit', (type) => {
    const bytes = randomBlocks(type);
    const out = new Float32Array(64 * GGML_TYPES[type].blockSize);
    dequantize(type, bytes, out);
    expect(createHash('sha256').update(new Uint8Array(out.buffer)).digest('hex')).toBe(EXPECTED[type]);
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
