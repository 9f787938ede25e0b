import { GGML_TYPES, type GgmlQuantType } from '../src/gguf/quantized/types.js';

/** Where each block keeps its binary16 scales: bit 6 of the byte after is 0 for finite ones. */
const SCALES: Readonly<Record<GgmlQuantType, readonly number[]>> = {
  ...{ Q4_0: [0], Q4_1: [0, 2], Q5_0: [0], Q5_1: [0, 2], Q8_0: [0] },
  ...{ Q2_K: [80, 82], Q3_K: [108], Q4_K: [0, 2], Q5_K: [0, 2], Q6_K: [208] },
  ...{ IQ1_S: [0], IQ1_M: [54], IQ2_XXS: [0], IQ2_XS: [0], IQ2_S: [0], IQ3_XXS: [0], IQ3_S: [0] },
  ...{ IQ4_NL: [0], IQ4_XS: [0], TQ1_0: [52], TQ2_0: [64], MXFP4: [-1] },
};

/** Blocks of pseudo-random bits (a linear congruential generator), with scales kept finite. */
export function randomBlocks(type: GgmlQuantType, count: number): Uint8Array {
  const { blockBytes } = GGML_TYPES[type];
  let state = 12_345;
  const bytes = Uint8Array.from({ length: count * blockBytes }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
  for (let block = 0; block < count; block++) {
    for (const at of SCALES[type]) bytes[block * blockBytes + at + 1]! &= 0xbf;
  }
  return bytes;
}
