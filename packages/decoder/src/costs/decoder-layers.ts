import type { DecoderConfig } from '../spec/config.js';
import type { SublayerNorms } from '../spec/decoder-traits.js';
import { type AttentionShape, attentionCost } from './attention-cost.js';
import { embeddingCost } from './embedding-cost.js';
import { type FeedForwardShape, feedForwardCost } from './feed-forward-cost.js';
import { headCost } from './head-cost.js';
import type { LayerCost } from './layer-cost.js';
import { type SublayerUnits, sublayerUnits } from './units.js';

/** The costs of one sublayer, with its place in the decoder. */
export interface SublayerCost extends SublayerUnits {
  readonly cost: LayerCost;
}

/** The costs of every layer of a decoder. */
export interface DecoderLayers {
  readonly embedding: LayerCost;
  /** Bottom up: attention, then FFN, of each layer. */
  readonly sublayers: readonly SublayerCost[];
  readonly head: LayerCost;
}

/** What a config says about the attention of a layer. */
function attentionShape(config: DecoderConfig, layer: number): AttentionShape {
  const { hiddenSize, headDim, queriesPerKvHead, queryKeyNorm, attention, norms } = config;
  const { window } = attention[layer]!;
  return {
    ...{ hiddenSize, headDim, queriesPerKvHead, queryKeyNorm },
    ...(window === undefined ? {} : { window }),
    norms: present(norms.attention),
  };
}

/** What a config says about its FFN sublayers. */
function feedForwardShape({ hiddenSize, gatedFeedForward: gated, norms }: DecoderConfig): FeedForwardShape {
  return { hiddenSize, gated, norms: present(norms.feedForward) };
}

const present = ({ pre, post }: SublayerNorms) => ({ pre: pre !== undefined, post: post !== undefined });

/**
 * The costs of every layer of a decoder.
 *
 * @param kept a mask over the units, or the share of every sublayer's units that is kept; see `sublayerUnits`
 * @param prunedGradients whether pruned units' gates have gradients. Default: false.
 */
export function decoderLayers(
  config: DecoderConfig,
  kept: number | Uint8Array = 1,
  prunedGradients = false,
): DecoderLayers {
  const feedForward = feedForwardShape(config);
  const sublayers = sublayerUnits(config, kept, prunedGradients).map((units) => ({
    ...units,
    cost:
      units.kind === 'kv'
        ? attentionCost(attentionShape(config, units.layer), units)
        : feedForwardCost(feedForward, units),
  }));
  const { hiddenSize, vocabSize, tiedHead: tied } = config;
  return {
    embedding: embeddingCost({ hiddenSize, vocabSize }),
    sublayers,
    head: headCost({ hiddenSize, vocabSize, tied }),
  };
}
