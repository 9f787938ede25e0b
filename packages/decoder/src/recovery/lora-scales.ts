import type { DecoderParts } from '../decoder-parts.js';
import { withFixedUnits } from '../layers/split-parameters.js';
import { joined } from '../math/vector-parts.js';

/**
 * How far the LoRA factors of each matrix should go in a step, relative to those of a matrix `W [m, n]` whose entries have a
 * root mean square of `1/√n`: the root of `rms(W) · √n`, because the product of two factors is added to `W`.
 *
 * Models differ tenfold in it, by what their norms multiply with: about 5 in SmolLM2, 1 in Gemma 3, 0.5 in Qwen2.5. AdamW takes
 * steps of one size whatever the gradients are, so one learning rate without this cannot suit them all.
 *
 * @param mask 1 for each kept unit.
 * @returns one for each entry of the factors, in the order of `initialLora`.
 */
export async function loraScales(
  parts: Pick<DecoderParts, 'sublayers' | 'layout' | 'allUnits'>,
  mask: Uint8Array,
  rank: number,
): Promise<Float32Array> {
  const ofAll = withFixedUnits(parts, mask);
  const scales: Float32Array[] = [];
  for (const sublayer of parts.sublayers) {
    const { start, count } = sublayer.block;
    const kept = ofAll.subarray(start, start + count).reduce((sum, bit) => sum + bit, 0);
    const rootMeanSquares = await sublayer.rootMeanSquares();
    for (const [matrix, [n, m]] of sublayer.matrices(kept).entries()) {
      const size = rootMeanSquares[matrix]! * Math.sqrt(n);
      // Factors of a matrix of zeros go as far as those of one of the usual size.
      scales.push(new Float32Array(rank * (n + m)).fill(size > 0 ? Math.sqrt(size) : 1));
    }
  }
  return joined(scales);
}
