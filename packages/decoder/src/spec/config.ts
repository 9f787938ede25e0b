import { ModelConfigError, UnsupportedModelError } from '../errors.js';
import type { ProjectionName } from '../weights/tensor-names.js';
import type { ConfigDefaults } from './architectures/architecture.js';
import { type Architecture, architectures as builtIn, findArchitecture } from './architectures/index.js';
import { llamaDefaults } from './architectures/llama.js';
import { LIMITS } from './limits.js';
import { type RotaryConfig, rotaryConfig } from './rotary-config.js';

/** The widths of one layer: a pruned model's layers differ. */
export interface LayerShape {
  /** FFN channels; 0 if the layer has no FFN. */
  readonly channels: number;
  /** KV heads, each with its query heads a KV group; 0 if the layer has no attention. */
  readonly kvHeads: number;
}

/** A parsed config.json: the sizes of a decoder and of each of its layers. */
export interface DecoderConfig {
  /** How this kind of model differs from LLaMA. */
  readonly architecture: Architecture;
  readonly hiddenSize: number;
  readonly headDim: number;
  /** Query heads that share one KV head (grouped-query attention). */
  readonly queriesPerKvHead: number;
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly normEpsilon: number;
  readonly tiedHead: boolean;
  readonly rotary: RotaryConfig;
  /** The projections with a bias. */
  readonly biases: readonly ProjectionName[];
  readonly layers: readonly LayerShape[];
}

/** The key of config.json that lists each layer's widths in a pruned model. */
export const LAYER_SHAPES_KEY = 'layer_shapes';

/** Whether a config.json has one width for all layers. */
export function hasUniformLayers(raw: Readonly<Record<string, unknown>>): boolean {
  return raw[LAYER_SHAPES_KEY] === undefined;
}

type Raw = Readonly<Record<string, unknown>>;

/** A size of at least 1 and at most `limit`. */
function positiveInteger(raw: Raw, field: string, fallback?: number, limit: number = LIMITS.size): number {
  const value = raw[field] === undefined ? fallback : raw[field];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
    throw new ModelConfigError(
      `config.json: "${field}" must be a positive integer, found ${JSON.stringify(value)}.`,
      field,
    );
  }
  if (value > limit) {
    throw new ModelConfigError(`config.json: "${field}" is ${value}, and at most ${limit} is read.`, field);
  }
  return value;
}

function refuse(raw: Raw): void {
  const activation = raw.hidden_act ?? raw.hidden_activation ?? 'silu';
  if (activation !== 'silu' && activation !== 'swish') {
    throw new UnsupportedModelError(
      `config.json: activation "${String(activation)}" is not supported; the gated FFN here is silu(gate) · up.`,
      String(activation),
      ['silu'],
    );
  }
  if (raw.quantization_config !== undefined && raw.quantization_config !== null) {
    throw new UnsupportedModelError(
      'config.json: the checkpoint is quantised ("quantization_config"). Prune the original weights instead.',
      'quantization_config',
      ['F32', 'F16', 'BF16'],
    );
  }
}

/** The sliding window, if the config limits attention to one. */
function windowOf(raw: Raw, { slidingWindow }: Architecture): number | undefined {
  const window = slidingWindow(raw);
  return window === undefined
    ? undefined
    : positiveInteger({ sliding_window: window }, 'sliding_window', undefined, LIMITS.contextLength);
}

function layerShapes(raw: Raw, count: number, dense: LayerShape, queriesPerKvHead: number): LayerShape[] {
  const listed = raw[LAYER_SHAPES_KEY];
  if (listed === undefined) return Array.from({ length: count }, () => dense);
  if (!Array.isArray(listed) || listed.length !== count) {
    throw new ModelConfigError(
      `config.json: "${LAYER_SHAPES_KEY}" must list ${count} layers ("num_hidden_layers").`,
      LAYER_SHAPES_KEY,
    );
  }
  return listed.map((entry: unknown, layer) => {
    const {
      intermediate_size: channels,
      num_attention_heads: heads,
      num_key_value_heads: kvHeads,
    } = (entry ?? {}) as Raw;
    const valid = [channels, heads, kvHeads].every(
      (n) => Number.isInteger(n) && (n as number) >= 0 && (n as number) <= LIMITS.size,
    );
    if (!valid || heads !== (kvHeads as number) * queriesPerKvHead) {
      throw new ModelConfigError(
        `config.json: "${LAYER_SHAPES_KEY}[${layer}]" needs intermediate_size, num_attention_heads and num_key_value_heads ` +
          `with ${queriesPerKvHead} heads per KV head, found ${JSON.stringify(entry)}.`,
        LAYER_SHAPES_KEY,
      );
    }
    return { channels: channels as number, kvHeads: kvHeads as number };
  });
}

/**
 * Parses a Hugging Face config.json.
 *
 * @param architectures the supported architectures. Default: the built-in ones.
 * @throws UnsupportedModelError if an architecture, activation or rope type is not supported.
 * @throws ModelConfigError if a field is missing or impossible.
 */
export function decoderConfig(raw: Raw, architectures: readonly Architecture[] = builtIn): DecoderConfig {
  const architecture = findArchitecture(raw, architectures);
  refuse(raw);
  const defaults = architecture.defaults ?? llamaDefaults;
  const size = (field: keyof ConfigDefaults, limit?: number) =>
    positiveInteger(raw, field, defaults[field] ?? undefined, limit);
  /** A field that is null, absent without a default, or follows from others. */
  const sizeOr = (field: keyof ConfigDefaults, derived: number) =>
    positiveInteger({ [field]: (raw[field] === undefined ? defaults[field] : raw[field]) ?? derived }, field);
  const hiddenSize = size('hidden_size');
  const heads = size('num_attention_heads');
  const kvHeads = sizeOr('num_key_value_heads', heads);
  const headDim = sizeOr('head_dim', Math.floor(hiddenSize / heads));
  if (heads % kvHeads !== 0) {
    throw new ModelConfigError(
      `config.json: ${heads} attention heads do not divide into ${kvHeads} KV heads.`,
      'num_key_value_heads',
    );
  }
  if (headDim % 2 !== 0) throw new ModelConfigError(`config.json: head size ${headDim} is odd.`, 'head_dim');
  const contextLength = size('max_position_embeddings', LIMITS.contextLength);
  const queriesPerKvHead = heads / kvHeads;
  const layerCount = size('num_hidden_layers', LIMITS.layers);
  const dense = { channels: size('intermediate_size'), kvHeads };
  const epsilon = raw.rms_norm_eps === undefined ? 1e-6 : raw.rms_norm_eps;
  if (typeof epsilon !== 'number' || !(epsilon > 0 && Number.isFinite(epsilon))) {
    throw new ModelConfigError(
      `config.json: "rms_norm_eps" must be positive, found ${JSON.stringify(epsilon)}.`,
      'rms_norm_eps',
    );
  }
  return {
    architecture,
    hiddenSize,
    headDim,
    queriesPerKvHead,
    vocabSize: size('vocab_size'),
    contextLength: Math.min(contextLength, windowOf(raw, architecture) ?? contextLength),
    normEpsilon: epsilon,
    tiedHead:
      raw.tie_word_embeddings === true ||
      (raw.tie_word_embeddings === undefined && architecture.tiedByDefault),
    rotary: rotaryConfig(raw, contextLength),
    biases: architecture.biases(raw),
    layers: layerShapes(raw, layerCount, dense, queriesPerKvHead),
  };
}
