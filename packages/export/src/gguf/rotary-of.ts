import { type Checkpoint, InexpressibleModelError } from '@grasp/checkpoint';
import type { DecoderConfig, RotaryConfig } from '@grasp/decoder';

/**
 * The rotation of all layers.
 *
 * @throws InexpressibleModelError for one that a GGUF file of the llama family has no place for
 */
export function rotaryOf({ source }: Checkpoint, { attention, headDim }: DecoderConfig): RotaryConfig {
  const [first] = attention;
  const { rotary } = first!;
  const same = attention.every((layer) => layer.rotary === rotary);
  const written = ['none', 'linear', 'llama3', 'factors'];
  if (rotary && same && rotary.dims === headDim && written.includes(rotary.scaling)) return rotary;
  throw new InexpressibleModelError(
    source,
    'GGUF',
    `rotary embeddings of type ${rotary?.scaling ?? 'none'}`,
    'Export a Hugging Face folder instead.',
  );
}
