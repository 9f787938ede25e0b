import { ModelConfigError, UnsupportedModelError } from '../errors.js';
import { type Architecture, architectures as builtIn, findArchitecture } from './architectures/index.js';
import { ConfigFields } from './config-fields.js';
import { type DecoderTraits, LLAMA_NORMS } from './decoder-traits.js';
import { equalLayers } from './layer-attention.js';
import { LIMITS } from './limits.js';
import { textConfig } from './text-config.js';

/** The widths of one layer: a pruned model's layers differ. */
export interface LayerShape {
  /** FFN channels; 0 if the layer has no FFN. */
  readonly channels: number;
  /** KV heads, each with its query heads a KV group; 0 if the layer has no attention. */
  readonly kvHeads: number;
}

/** A parsed config.json: the sizes of a decoder and of each of its layers, and what its layers compute. */
export interface DecoderConfig extends Omit<DecoderTraits, 'tiedByDefault'> {
  readonly architecture: Architecture;
  readonly hiddenSize: number;
  readonly headDim: number;
  /** Query heads that share one KV head (grouped-query attention). */
  readonly queriesPerKvHead: number;
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly normEpsilon: number;
  readonly tiedHead: boolean;
  readonly attentionScale: number;
  /**
   * The tensors that the gate of a KV group multiplies. `key-value`, as in the paper: keys (after rotation) and values.
   * `value`: values only, because a norm on keys would undo a scale that is folded into `k_proj`. A gate of 0 still
   * removes the group, as its output is 0. `none`: groups cannot be pruned, because one norm covers the queries, or keys,
   * of all heads, so that removing a head changes the others.
   */
  readonly groupGate: 'key-value' | 'value' | 'none';
  readonly layers: readonly LayerShape[];
}

/** The key of config.json that lists each layer's widths in a pruned model. */
export const LAYER_SHAPES_KEY = 'layer_shapes';

/** Whether a config.json has one width for all layers. */
export function hasUniformLayers(raw: Readonly<Record<string, unknown>>): boolean {
  return raw[LAYER_SHAPES_KEY] === undefined;
}

type Raw = Readonly<Record<string, unknown>>;

const GROUP_GATES = { none: 'key-value', head: 'value', 'all-heads': 'none' } as const;

/**
 * Parses a Hugging Face config.json.
 *
 * @param architectures the supported architectures. Default: the built-in ones.
 * @throws UnsupportedModelError if an architecture, activation or rope type is not supported.
 * @throws ModelConfigError if a field is missing or impossible.
 */
export function decoderConfig(given: Raw, architectures: readonly Architecture[] = builtIn): DecoderConfig {
  const raw = textConfig(given, architectures);
  const architecture = findArchitecture(raw, architectures);
  refuseQuantized(given);
  refuseBidirectional(raw);
  const config = new ConfigFields(raw, architecture.defaults);
  const hiddenSize = config.size('hidden_size');
  const heads = config.size('num_attention_heads');
  const kvHeads = config.sizeOr('num_key_value_heads', heads);
  const { headDim } = config;
  if (heads % kvHeads !== 0) {
    throw new ModelConfigError(
      `config.json: ${heads} attention heads do not divide into ${kvHeads} KV heads.`,
      'num_key_value_heads',
    );
  }
  if (headDim % 2 !== 0) throw new ModelConfigError(`config.json: head size ${headDim} is odd.`, 'head_dim');
  const queriesPerKvHead = heads / kvHeads;
  const dense = { channels: config.size('intermediate_size'), kvHeads };
  const { tiedByDefault = false, ...traits } = architecture.traits(config);
  const { queryKeyNorm = 'none', attention = equalLayers(config, undefined) } = traits;
  return {
    biases: [],
    norms: LLAMA_NORMS,
    normOffset: 0,
    queryKeyNorm,
    activation: 'silu',
    gatedFeedForward: true,
    embeddingScale: 1,
    embeddingScaleRounds: false,
    residualScale: 1,
    logitScale: 1,
    fused: [],
    ...traits,
    attention,
    attentionScale: traits.attentionScale ?? 1 / Math.sqrt(headDim),
    groupGate: GROUP_GATES[queryKeyNorm],
    architecture,
    hiddenSize,
    headDim,
    queriesPerKvHead,
    vocabSize: config.size('vocab_size'),
    contextLength: contextOf(config, attention),
    normEpsilon: config.normEpsilon,
    tiedHead: config.flag('tie_word_embeddings', tiedByDefault),
    layers: layerShapes(raw, config.layers, dense, queriesPerKvHead),
  };
}

/**
 * The context, with the lengths that a growing rotary base adds to those of training. Layers without a rotation, or whose window
 * keeps distances short, do not limit it.
 */
function contextOf({ contextLength }: ConfigFields, attention: DecoderTraits['attention']): number {
  const growth = attention.flatMap(({ rotary, window }) => {
    if (rotary?.scaling === 'dynamic') return [rotary.factor];
    return rotary && window === undefined ? [1] : [];
  });
  const least = growth.length > 0 ? Math.min(...growth) : 1;
  return Math.max(contextLength, Math.floor(contextLength * least));
}

function refuseQuantized(raw: Raw): void {
  if (raw.quantization_config === undefined || raw.quantization_config === null) return;
  throw new UnsupportedModelError(
    'config.json: the checkpoint is quantised ("quantization_config"). Prune the original weights instead.',
    'quantization_config',
    ['F32', 'F16', 'BF16'],
  );
}

function refuseBidirectional(raw: Raw): void {
  const field = raw.is_causal === false ? 'is_causal' : 'use_bidirectional_attention';
  if (field !== 'is_causal' && !raw[field]) return;
  throw new UnsupportedModelError(
    `config.json: "${field}" is ${JSON.stringify(raw[field])?.slice(0, 80)}, so tokens see those after them (an encoder). Only ` +
      'models that predict the next token are supported.',
    field,
    ['causal attention'],
  );
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
