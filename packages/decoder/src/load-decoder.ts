import type { Checkpoint } from '@grasp/checkpoint';
import { layerParameters } from './costs/parameter-counts.js';
import { Decoder } from './decoder.js';
import { UnsupportedModelError } from './errors.js';
import { wholeStep } from './inference/whole-step.js';
import { attentionFunctions } from './layers/attention-functions.js';
import { AttentionLayer } from './layers/attention-layer.js';
import { feedForwardFunctions } from './layers/feed-forward-functions.js';
import { FeedForwardLayer } from './layers/feed-forward-layer.js';
import { LanguageHead } from './layers/head/language-head.js';
import { RotaryPositions } from './layers/rotary-positions.js';
import type { Sublayer } from './layers/sublayer.js';
import type { AttentionShape } from './math/attention/attention-shape.js';
import { inScope } from './runtime/in-scope.js';
import { eagerRuntime, type Runtime } from './runtime/runtime.js';
import type { Architecture } from './spec/architectures/index.js';
import { openDecoderCheckpoint } from './spec/decoder-checkpoint.js';
import { decoderLayout, wholeLayout } from './spec/units.js';
import { checkWeights } from './weights/expected-tensors.js';
import { type WeightDType, WeightReader } from './weights/weight-reader.js';

export interface LoadOptions {
  /** Runs the tensors. Default: op by op on the current backend of tfjs. */
  readonly runtime?: Runtime;
  /** The supported architectures. Default: the built-in ones. */
  readonly architectures?: readonly Architecture[];
  /** The dtype in which weights are held. Default `float32`; `bfloat16` needs a runtime that has it. */
  readonly dtype?: WeightDType;
  /** Called after each tensor is read. If it throws, loading ends with that error, and leaves no tensor behind. */
  readonly onTensor?: (name: string) => void;
}

/**
 * Smallest number of queries in a block of attention. Smaller blocks compute fewer masked scores, larger ones need fewer
 * and better products: at 512 tokens, 256 makes a step 4% faster than 128.
 */
const QUERY_BLOCK = 256;

/**
 * Loads a decoder from a checkpoint, tensor by tensor, after checking the shapes of all tensors.
 *
 * @throws UnsupportedModelError, ModelConfigError, WeightShapeError.
 * @throws NarrowingOverflowError naming a tensor that bfloat16 cannot hold.
 */
export async function loadDecoder(given: Checkpoint, options: LoadOptions = {}): Promise<Decoder> {
  const runtime = options.runtime ?? eagerRuntime;
  const dtype = options.dtype ?? 'float32';
  if (dtype === 'bfloat16' && !runtime.bfloat16) {
    throw new UnsupportedModelError('This backend has no bfloat16; load the model in float32.', 'bfloat16', [
      'float32',
    ]);
  }
  const checkpoint = await openDecoderCheckpoint(given, options.architectures);
  const config = checkpoint.decoder;
  checkWeights(checkpoint, config);
  const layout = decoderLayout(config);
  const allUnits = wholeLayout(config);
  const reader = new WeightReader(checkpoint, runtime, dtype, options.onTensor);
  const shared = {
    epsilon: config.normEpsilon,
    residualScale: config.residualScale,
    savesHalf: dtype === 'bfloat16',
  };
  const feedForward = feedForwardFunctions(runtime, { ...shared, activation: config.activation });
  const attentionShape: AttentionShape = {
    ...shared,
    headDim: config.headDim,
    queriesPerKvHead: config.queriesPerKvHead,
    queryKeyNorm: config.queryKeyNorm,
    gateKeys: config.groupGate === 'key-value',
    scale: config.attentionScale,
    cap: config.attentionCap,
    queryBlock: (scores) => Math.max(QUERY_BLOCK, Math.floor((runtime.pieceEntries ?? 0) / scores)),
  };
  const windows = new Set(config.attention.map(({ window }) => window));
  const attention = new Map(
    [...windows].map((window) => [window, attentionFunctions(runtime, { ...attentionShape, window })]),
  );
  const attentionOf = (layer: number) => attention.get(config.attention[layer]!.window)!;
  try {
    const head = await LanguageHead.load(reader, runtime, config);
    const bytes = dtype === 'bfloat16' ? 2 : 4;
    const scopes = runtime.placement?.(layerParameters(config).map((parameters) => bytes * parameters));
    const sublayers: Sublayer[] = [];
    // Attention comes first in a layer, though its units come last in the layout.
    const blocks = [...allUnits.blocks].sort((a, b) => a.layer - b.layer || (a.kind === 'kv' ? -1 : 1));
    for (const block of blocks) {
      const scope = scopes?.[block.layer];
      const at = scope ? reader.within(scope) : reader;
      const sublayer =
        block.kind === 'kv'
          ? await AttentionLayer.load(at, config, block, attentionOf(block.layer))
          : await FeedForwardLayer.load(at, config, block, feedForward);
      sublayers.push(scope ? inScope(sublayer, scope) : sublayer);
    }
    const positions = new RotaryPositions(config);
    const state = { edition: 0, disposed: false };
    const step = scopes ? undefined : wholeStep(runtime, sublayers);
    return new Decoder({ config, layout, allUnits, head, sublayers, positions, step, runtime, state });
  } catch (error) {
    reader.dispose();
    throw error;
  }
}
