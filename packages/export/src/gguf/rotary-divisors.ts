import { type RotaryConfig, rotaryFrequencies } from '@grasp/decoder';

/**
 * What each rotary frequency is divided by, `[dims / 2]`. Undefined if there is no scaling, or it is linear, which the
 * metadata of a GGUF file state.
 */
export function rotaryDivisors(rotary: RotaryConfig): Float32Array | undefined {
  if (rotary.scaling === 'none' || rotary.scaling === 'linear') return undefined;
  const { theta, dims, interleaved, attentionFactor } = rotary;
  const plain = rotaryFrequencies({ scaling: 'none', theta, dims, interleaved, attentionFactor });
  return Float32Array.from(rotaryFrequencies(rotary), (frequency, i) => plain[i]! / frequency);
}
