import {
  type Checkpoint,
  elementCount,
  type GgufArchitecture,
  ggufArchitectures,
  ggufConfigOf,
  InexpressibleModelError,
} from '@grasp/checkpoint';
import { type DecoderConfig, decoderConfig, expectedTensors, type LayerShape } from '@grasp/decoder';
import { gaps } from './gaps.js';
import { ggufModel } from './gguf-model.js';

/** How a model is stored in a GGUF file. */
export interface ModelLayout {
  readonly architecture: GgufArchitecture;
  /** Widths as stored: larger than the model's where llama.cpp needs it. The rest is zeros. */
  readonly layers: readonly LayerShape[];
  /** Number of elements that are zeros added as padding. */
  readonly padding: number;
  /** Whether layers that differ are padded to the widest, because the architecture has one width for all. */
  readonly levelled: boolean;
}

/**
 * FFN widths are multiples of this: a block of quantised rows, and the width that llama.cpp's fast kernels need. With
 * other widths llama.cpp falls back to slower kernels, and the pruned model loses a third of its gain.
 */
export const WIDTH_MULTIPLE = 32;

/**
 * Chooses architecture and stored widths so that stock llama.cpp computes the model exactly. Of the architectures that
 * hold the model, the one with the least padding.
 *
 * - FFN widths are rounded up to whole blocks with channels of zeros, which change nothing. A layer without FFN gets one
 *   block, because llama.cpp would skip its attention as well, and crash if it is the last layer.
 * - Where an architecture has one width for all layers, the others are padded to the widest.
 * - A layer without heads gets KV heads of zeros, unless the architecture has such layers. The first layer always does,
 *   because llama.cpp divides by its head count.
 *
 * @throws InexpressibleModelError naming what llama.cpp has no place for, in the architecture that lacks the least
 */
export function modelLayout(checkpoint: Checkpoint, decoder: DecoderConfig): ModelLayout {
  const { modelType } = decoder.architecture;
  const own = ggufArchitectures.filter((architecture) => architecture.modelType === modelType);
  const others = ggufArchitectures.filter(({ alsoHolds = [] }) => alsoHolds.includes(modelType));
  const tried = [...own, ...others].map((architecture) => ({
    architecture,
    ...layoutIn(architecture, decoder),
  }));
  const fitting = tried.filter(({ missing }) => missing.length === 0);
  const best = fitting.reduce<(typeof tried)[number] | undefined>(
    (least, layout) => (least && least.padding <= layout.padding ? least : layout),
    undefined,
  );
  if (best) return best;
  const [nearest] = tried.toSorted((a, b) => a.missing.length - b.missing.length);
  throw new InexpressibleModelError(
    checkpoint.source,
    'GGUF',
    nearest
      ? `${nearest.missing.join(', ')}, in its architecture ${nearest.architecture.name}`
      : `the architecture ${modelType}`,
    'Export a Hugging Face folder instead.',
  );
}

/** The stored widths in an architecture, and what it has no place for. */
function layoutIn(
  architecture: GgufArchitecture,
  decoder: DecoderConfig,
): Omit<ModelLayout, 'architecture'> & { readonly missing: readonly string[] } {
  const layers = storedLayers(architecture, decoder);
  const padding = elements({ ...decoder, layers }) - elements(decoder);
  const levelled = layers.some(({ channels, kvHeads }, layer) => {
    const own = decoder.layers[layer]!;
    return channels >= Math.max(own.channels, 1) + WIDTH_MULTIPLE || kvHeads > Math.max(own.kvHeads, 1);
  });
  return { layers, padding, levelled, missing: missingIn(architecture, decoder, layers) };
}

function storedLayers(
  { byLayer = [], spanning, withoutAttention }: GgufArchitecture,
  { layers, hiddenSize, headDim, queriesPerKvHead }: DecoderConfig,
): LayerShape[] {
  const widths = layers.map(
    ({ channels }) => WIDTH_MULTIPLE * Math.ceil(Math.max(channels, 1) / WIDTH_MULTIPLE),
  );
  const widest = widths.reduce((most, width) => Math.max(most, width), 0);
  const most = layers.reduce((count, { kvHeads }) => Math.max(count, kvHeads), 1);
  const level = spanning ? Math.max(most, Math.floor(hiddenSize / (headDim * queriesPerKvHead))) : most;
  return layers.map(({ kvHeads }, layer) => ({
    channels: byLayer.includes('channels') ? widths[layer]! : widest,
    kvHeads: byLayer.includes('heads') ? kvHeads || (withoutAttention && layer > 0 ? 0 : 1) : level,
  }));
}

function missingIn(
  architecture: GgufArchitecture,
  decoder: DecoderConfig,
  layers: readonly LayerShape[],
): readonly string[] {
  const stored = { ...decoder, layers };
  const heads = layers[0]!.kvHeads * decoder.queriesPerKvHead;
  const spans = !architecture.spanning || heads * decoder.headDim === decoder.hiddenSize;
  const names = [...expectedTensors({ ...stored, tiedHead: storedTied(architecture, decoder) })].map(
    ({ name, shape }) => ({ name: OUTER[name] ?? name, shape }),
  );
  const config = ggufConfigOf(ggufModel(decoder, architecture, layers), names);
  return [
    ...(spans ? [] : [`${heads} heads of ${decoder.headDim} beside a hidden size of ${decoder.hiddenSize}`]),
    ...gaps(decoder, decoderConfig(config), architecture),
  ];
}

/** Whether a file has no head beside the embedding. */
export const storedTied = (architecture: GgufArchitecture, { tiedHead }: DecoderConfig): boolean =>
  tiedHead && architecture.head !== 'own';

const OUTER: Readonly<Record<string, string>> = {
  'model.embed_tokens.weight': 'token_embd.weight',
  'lm_head.weight': 'output.weight',
};

function elements(decoder: DecoderConfig): number {
  let sum = 0;
  for (const { shape } of expectedTensors(decoder)) sum += elementCount(shape);
  return sum;
}
