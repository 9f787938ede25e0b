import { type Checkpoint, type GgufArchitecture, InexpressibleModelError } from '@grasp/checkpoint';
import type { DecoderConfig, LayerShape } from '@grasp/decoder';
import { hasOneShape } from '../layer-widths.js';

/** How a model is stored in a GGUF file. */
export interface ModelLayout {
  /** llama.cpp's architecture. `deci` is its llama whose layers may differ in width. */
  readonly architecture: GgufArchitecture;
  /** Widths as stored: larger than the model's where llama.cpp needs it. The rest is zeros. */
  readonly layers: readonly LayerShape[];
}

/**
 * FFN widths are multiples of this: a block of quantised rows, and the width that llama.cpp's fast kernels need. With
 * other widths llama.cpp falls back to slower kernels, and the pruned model loses a third of its gain.
 */
export const WIDTH_MULTIPLE = 32;

/** The architectures that are written. */
const FAMILIES = ['llama', 'mistral', 'qwen2', 'qwen3'];

/**
 * Chooses architecture and stored widths so that stock llama.cpp computes the model exactly.
 *
 * - FFN widths are rounded up to whole blocks with channels of zeros, which change nothing. A layer without FFN gets one
 *   block, because llama.cpp would skip its attention as well, and crash if it is the last layer.
 * - A first layer without heads gets one KV head of zeros, because llama.cpp divides by its head count.
 * - llama.cpp's qwen2 needs heads that span the hidden size. Its llama does not, and has the biases too.
 *
 * @throws InexpressibleModelError for qwen3 layers of different widths: `deci` has no norms of queries and keys
 */
export function modelLayout(checkpoint: Checkpoint, decoder: DecoderConfig): ModelLayout {
  const { modelType } = decoder.architecture;
  if (!FAMILIES.includes(modelType)) {
    throw new InexpressibleModelError(
      checkpoint.source,
      'GGUF',
      `the architecture ${modelType}`,
      `Architectures that can be written: ${FAMILIES.join(', ')}.`,
    );
  }
  const layers = decoder.layers.map(({ channels, kvHeads }, layer) => ({
    channels: WIDTH_MULTIPLE * Math.ceil(Math.max(channels, 1) / WIDTH_MULTIPLE),
    kvHeads: kvHeads === 0 && layer === 0 ? 1 : kvHeads,
  }));
  if (!hasOneShape(decoder)) {
    if (decoder.queryKeyNorm === 'none') return { architecture: 'deci', layers };
    throw new InexpressibleModelError(
      checkpoint.source,
      'GGUF',
      `${modelType} layers of different widths: llama.cpp's form for such layers has no norms of queries and keys`,
      'Prune with one shape for all layers (layout "uniform").',
    );
  }
  const { queriesPerKvHead, headDim, hiddenSize } = decoder;
  const spanning = layers[0]!.kvHeads * queriesPerKvHead * headDim === hiddenSize;
  if (modelType === 'qwen3' || (modelType === 'qwen2' && spanning)) {
    return { architecture: modelType, layers };
  }
  return { architecture: 'llama', layers };
}
