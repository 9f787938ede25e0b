import type { Checkpoint } from '@grasp/checkpoint';
import { findArchitecture } from './spec/architectures/index.js';
import { AttentionLayer, attentionFunctions } from './layers/attention-layer.js';
import { decoderConfig } from './spec/config.js';
import { Decoder } from './decoder.js';
import { UnsupportedModelError } from './errors.js';
import { checkWeights } from './weights/expected-tensors.js';
import { FeedForwardLayer, feedForwardFunctions } from './layers/feed-forward-layer.js';
import { inScope } from './runtime/in-scope.js';
import { LanguageHead } from './layers/language-head.js';
import { type WeightDType, WeightReader } from './weights/weight-reader.js';
import { eagerRuntime, type Runtime } from './runtime/runtime.js';
import { layerParameters } from './spec/sizes.js';
import type { Sublayer } from './layers/sublayer.js';
import { decoderLayout } from './spec/units.js';

export interface LoadOptions {
  /** What runs the tensors. Default: op by op on tfjs' current backend. */
  readonly runtime?: Runtime;
  /** How weights are held. Default `float32`; `bfloat16` needs a runtime that has it. */
  readonly dtype?: WeightDType;
  /** Called after each tensor is on the device. */
  readonly onTensor?: (name: string) => void;
}

/**
 * Queries attention handles at once, at least. Smaller blocks compute fewer scores that are masked out, larger ones make fewer
 * and better products: at 512 tokens 256 takes 4% less of a step's time than 128.
 */
const QUERY_BLOCK = 256;

/**
 * Loads a decoder from a checkpoint, tensor by tensor, once every shape is known to fit.
 *
 * @throws UnsupportedModelError, ModelConfigError, WeightShapeError; NarrowingOverflowError naming a tensor that
 *   bfloat16 cannot hold
 */
export async function loadDecoder(checkpoint: Checkpoint, options: LoadOptions = {}): Promise<Decoder> {
  const runtime = options.runtime ?? eagerRuntime;
  const dtype = options.dtype ?? 'float32';
  if (dtype === 'bfloat16' && !runtime.bfloat16) {
    throw new UnsupportedModelError('This backend has no bfloat16; load the model in float32.', 'bfloat16', [
      'float32',
    ]);
  }
  const config = decoderConfig(checkpoint.config);
  checkWeights(checkpoint, config);
  const architecture = findArchitecture(checkpoint.config);
  const layout = decoderLayout(config);
  const reader = new WeightReader(checkpoint, runtime, dtype, options.onTensor);
  const feedForward = feedForwardFunctions(runtime, {
    epsilon: config.normEpsilon,
    savesHalf: dtype === 'bfloat16',
  });
  const attention = attentionFunctions(runtime, {
    headSize: config.headSize,
    headsPerGroup: config.headsPerGroup,
    epsilon: config.normEpsilon,
    gateKeys: architecture.groupGate === 'key-value',
    queryBlock: (scores) => Math.max(QUERY_BLOCK, Math.floor((runtime.pieceEntries ?? 0) / scores)),
  });
  const head = await LanguageHead.load(reader, runtime, config);
  const bytes = dtype === 'bfloat16' ? 2 : 4;
  const scopes = runtime.placement?.(layerParameters(config).map((parameters) => bytes * parameters));
  const sublayers: Sublayer[] = [];
  // Attention comes first in a layer, though its units come last in the layout.
  for (const block of [...layout.blocks].sort((a, b) => a.layer - b.layer || (a.kind === 'kv' ? -1 : 1))) {
    const scope = scopes?.[block.layer];
    const at = scope ? reader.within(scope) : reader;
    const sublayer =
      block.kind === 'kv'
        ? await AttentionLayer.load(at, config, block, attention, architecture)
        : await FeedForwardLayer.load(at, config, block, feedForward);
    sublayers.push(scope ? inScope(sublayer, scope) : sublayer);
  }
  return new Decoder(config, layout, head, sublayers, runtime);
}
