import type { Checkpoint } from '@grasp/checkpoint';
import { type DecoderConfig, findArchitecture, type LayerShape } from '@grasp/decoder';
import { InexpressibleModelError } from '../errors.js';
import { hasOneShape } from '../layer-widths.js';
import { roundUp } from './metadata.js';

/** How a model is laid out in a GGUF file. */
export interface ModelLayout {
  /** llama.cpp's architecture. `deci` is its llama whose layers may differ in width. */
  readonly architecture: 'llama' | 'qwen2' | 'qwen3' | 'deci';
  /** Whether rows of q and k lie pairwise (see `interleaveRotaryRows`). */
  readonly interleaved: boolean;
  /** Widths as stored: wider than the model's where the runtime needs it, the rest zeros. */
  readonly layers: readonly LayerShape[];
}

/**
 * FFN widths are multiples of this. It is a block of quantised rows, and what llama.cpp's fast kernels for all types ask
 * for: with other widths it falls back to slower ones and the pruned model loses a third of its gain.
 */
const WIDTH_MULTIPLE = 32;

/**
 * Chooses architecture and stored widths so that stock llama.cpp computes the model exactly.
 *
 * - FFN widths are rounded up to whole blocks with channels of zeros, which change nothing. A layer without FFN gets one
 *   block: llama.cpp would skip its attention as well, and crash if it is the last.
 * - A first layer without heads gets one group of zeros, since llama.cpp divides by its head count.
 * - Its qwen2 wants heads that span the hidden size; its llama does not, and takes the biases too.
 *
 * @throws InexpressibleModelError for qwen3 layers of different widths: `deci` has no norms of queries and keys.
 */
export function modelLayout(checkpoint: Checkpoint, decoder: DecoderConfig): ModelLayout {
  const { modelType, queryKeyNorm } = findArchitecture(checkpoint.config);
  const layers = decoder.layers.map(({ channels, groups }, layer) => ({
    channels: roundUp(Math.max(channels, 1), WIDTH_MULTIPLE),
    groups: groups === 0 && layer === 0 ? 1 : groups,
  }));
  if (!hasOneShape(decoder)) {
    if (!queryKeyNorm) return { architecture: 'deci', interleaved: true, layers };
    throw new InexpressibleModelError(
      checkpoint.source,
      'GGUF',
      `${modelType} layers of different widths: llama.cpp's form for such layers has no norms of queries and keys`,
      'Prune with one shape for all layers (layout "uniform").',
    );
  }
  const { headsPerGroup, headSize, hiddenSize } = decoder;
  const spanning = layers[0]!.groups * headsPerGroup * headSize === hiddenSize;
  if (modelType === 'qwen3' || (modelType === 'qwen2' && spanning)) {
    return { architecture: modelType, interleaved: false, layers };
  }
  return { architecture: 'llama', interleaved: true, layers };
}
