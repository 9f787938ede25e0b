export { type AttentionShape, attentionCost } from './attention-cost.js';
export { type DecoderCost, type DecoderPass, decoderCost } from './decoder-cost.js';
export { type DecoderLayers, decoderLayers, type SublayerCost } from './decoder-layers.js';
export { type DecoderSize, decoderSize, loraSides } from './decoder-size.js';
export { type FeedForwardShape, feedForwardCost } from './feed-forward-cost.js';
export { PIECE_ENTRIES } from './head-cost.js';
export {
  type Amounts,
  type LayerCost,
  type MatrixSize,
  type Parameters,
  type PassCost,
  type PassGradients,
  type PassTokens,
  type SavedElements,
  totalAmount,
  weightBytes,
} from './layer-cost.js';
export type { SublayerUnits, Units } from './units.js';
