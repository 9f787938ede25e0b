import { type DecoderConfig, rotaryFrequencies } from '@grasp/decoder';

/**
 * What each rotary frequency is divided by, `[headDim / 2]`. Undefined if there is no scaling, or it is linear, which
 * the metadata of a GGUF file state.
 */
export function rotaryDivisors({ rotary, headDim }: DecoderConfig): Float32Array | undefined {
  if (rotary.scaling === 'none' || rotary.scaling === 'linear') return undefined;
  const plain = rotaryFrequencies({ theta: rotary.theta, scaling: 'none' }, headDim);
  return Float32Array.from(rotaryFrequencies(rotary, headDim), (frequency, i) => plain[i]! / frequency);
}
