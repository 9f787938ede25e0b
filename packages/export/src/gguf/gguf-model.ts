import { GGUF_KEYS, type GgufArchitecture, type GgufModel } from '@grasp/checkpoint';
import type { DecoderConfig, LayerShape } from '@grasp/decoder';
import { ggufRotary } from './rotary.js';

/**
 * A decoder as a GGUF file of an architecture states it. Where llama.cpp has no windows, the context ends with the smallest
 * one: within a window it computes the same.
 *
 * @param layers widths as stored
 */
export function ggufModel(
  decoder: DecoderConfig,
  architecture: GgufArchitecture,
  layers: readonly LayerShape[],
): GgufModel {
  const { vocabSize, hiddenSize, headDim, queriesPerKvHead, normEpsilon, attention } = decoder;
  const windows = attention.flatMap(({ window }) => window ?? []);
  const [window] = windows;
  const { onlyWithLayers = layers.length } = architecture.windows ?? {};
  const slides = architecture.windows !== undefined && onlyWithLayers === layers.length;
  const contextLength = slides ? decoder.contextLength : Math.min(decoder.contextLength, ...windows);
  return {
    ...{ architecture, vocabSize, contextLength, hiddenSize, headDim, normEpsilon },
    rotary: ggufRotary(decoder, architecture),
    ...(slides && window !== undefined ? { window } : {}),
    numbers: numbersOf(decoder),
    layers: layers.map(({ channels, kvHeads }, layer) => ({
      channels,
      heads: kvHeads * queriesPerKvHead,
      kvHeads,
      hasWindow: slides && attention[layer]!.window !== undefined,
    })),
  };
}

function numbersOf({
  attention,
  embeddingScale,
  residualScale,
  logitScale,
  attentionScale,
  attentionCap,
  logitCap,
}: DecoderConfig): GgufModel['numbers'] {
  const local = attention.find(({ window, rotary }) => window !== undefined && rotary)?.rotary;
  return {
    ...(local ? { [GGUF_KEYS.ropeThetaLocal]: local.theta } : {}),
    [GGUF_KEYS.embeddingScale]: embeddingScale,
    [GGUF_KEYS.residualScale]: residualScale,
    [GGUF_KEYS.attentionScale]: attentionScale,
    [GGUF_KEYS.logitScale]: 1 / logitScale,
    ...(attentionCap === undefined ? {} : { [GGUF_KEYS.attentionCap]: attentionCap }),
    ...(logitCap === undefined ? {} : { [GGUF_KEYS.logitCap]: logitCap }),
  };
}
