import type { DecoderConfig } from '../spec/config.js';

/**
 * The order in which a decoder holds the rows of each head of q and k: place `p` holds row `order[p]` of the checkpoint.
 * The two rows of a rotary pair lie half a head apart, and rows that are not rotated fill the rest, so one rotation
 * serves every architecture. Undefined if that is the checkpoint's own order.
 *
 * Products of queries and keys do not depend on the order.
 */
export function headRows({ attention, headDim: h }: DecoderConfig): Int32Array | undefined {
  const rotary = attention.find((layer) => layer.rotary)?.rotary;
  if (!rotary || (rotary.dims === h && !rotary.interleaved)) return undefined;
  const { interleaved } = rotary;
  const pairs = Math.ceil(rotary.dims / 2);
  const order = new Int32Array(h);
  for (let pair = 0; pair < pairs; pair++) {
    order[pair] = interleaved ? 2 * pair : pair;
    order[h / 2 + pair] = interleaved ? 2 * pair + 1 : pairs + pair;
  }
  for (let i = 0; i < h / 2 - pairs; i++) {
    order[pairs + i] = 2 * pairs + i;
    order[h / 2 + pairs + i] = h / 2 + pairs + i;
  }
  return order;
}
