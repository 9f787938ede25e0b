import { dequantizeIQ1M, dequantizeIQ1S } from './i-quants/iq1.js';
import { dequantizeIQ2S } from './i-quants/iq2-s.js';
import { dequantizeIQ2XS } from './i-quants/iq2-xs.js';
import { dequantizeIQ2XXS } from './i-quants/iq2-xxs.js';
import { dequantizeIQ3S } from './i-quants/iq3-s.js';
import { dequantizeIQ3XXS } from './i-quants/iq3-xxs.js';
import { dequantizeIQ4NL, dequantizeIQ4XS } from './i-quants/iq4.js';
import { dequantizeQ2K } from './k-quants/q2-k.js';
import { dequantizeQ3K } from './k-quants/q3-k.js';
import { dequantizeQ4K } from './k-quants/q4-k.js';
import { dequantizeQ5K } from './k-quants/q5-k.js';
import { dequantizeQ6K } from './k-quants/q6-k.js';
import { dequantizeMXFP4 } from './simple/mxfp4.js';
import { dequantizeQ4_0, dequantizeQ4_1 } from './simple/q4.js';
import { dequantizeQ5_0, dequantizeQ5_1 } from './simple/q5.js';
import { dequantizeQ8_0 } from './simple/q8.js';
import { dequantizeTQ1_0, dequantizeTQ2_0 } from './simple/ternary.js';
import { GGML_TYPES, type GgmlQuantType } from './types.js';

/**
 * Dequantises one block to float32. `at` is the first byte of the block, `to` the first element it fills. Results are
 * equal to ggml's to the last bit: products of a float16 and small integers are exact in float32, and what is stored is
 * rounded to it.
 */
type BlockDequantizer = (bytes: Uint8Array, at: number, out: Float32Array, to: number) => void;

const BLOCKS: Readonly<Record<GgmlQuantType, BlockDequantizer>> = {
  Q4_0: dequantizeQ4_0,
  Q4_1: dequantizeQ4_1,
  Q5_0: dequantizeQ5_0,
  Q5_1: dequantizeQ5_1,
  Q8_0: dequantizeQ8_0,
  Q2_K: dequantizeQ2K,
  Q3_K: dequantizeQ3K,
  Q4_K: dequantizeQ4K,
  Q5_K: dequantizeQ5K,
  Q6_K: dequantizeQ6K,
  IQ2_XXS: dequantizeIQ2XXS,
  IQ2_XS: dequantizeIQ2XS,
  IQ3_XXS: dequantizeIQ3XXS,
  IQ1_S: dequantizeIQ1S,
  IQ4_NL: dequantizeIQ4NL,
  IQ3_S: dequantizeIQ3S,
  IQ2_S: dequantizeIQ2S,
  IQ4_XS: dequantizeIQ4XS,
  IQ1_M: dequantizeIQ1M,
  TQ1_0: dequantizeTQ1_0,
  TQ2_0: dequantizeTQ2_0,
  MXFP4: dequantizeMXFP4,
};

/**
 * Dequantises whole blocks.
 *
 * @param bytes a whole number of blocks of `type`
 * @param out filled from `to` on, `blockSize` elements a block
 */
export function dequantize(type: GgmlQuantType, bytes: Uint8Array, out: Float32Array, to = 0): void {
  const { blockSize, blockBytes } = GGML_TYPES[type];
  const block = BLOCKS[type];
  for (let at = 0, element = to; at < bytes.length; at += blockBytes, element += blockSize) {
    block(bytes, at, out, element);
  }
}
