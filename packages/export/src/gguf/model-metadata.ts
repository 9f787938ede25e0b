import { type DecoderConfig, rotaryFrequencies } from '@grasp/decoder';
import type { Origin } from '../card/licence.js';
import { float32, int32s, type Metadata, type MetadataValue, text, texts, uint32 } from './metadata.js';
import type { ModelLayout } from './model-layout.js';
import type { GgufFileType } from './tensor-type.js';

/** llama.cpp's names for what most tensors are (`llama_ftype`). */
const FILE_TYPES: Readonly<Record<GgufFileType, number>> = { f32: 0, f16: 1, q4_0: 2, q8_0: 7, bf16: 32 };

/** What a file says of itself. */
export interface FileAbout {
  readonly type: GgufFileType;
  readonly name?: string | undefined;
  readonly origin?: Origin;
}

/** Hyperparameters of a model as llama.cpp reads them, and what is told of it beside them. */
export function modelMetadata(
  decoder: DecoderConfig,
  { architecture, layers }: ModelLayout,
  { type, name, origin = {} }: FileAbout,
): Metadata {
  const perLayer = (values: readonly number[]) =>
    architecture === 'deci' ? int32s(values) : uint32(values[0]!);
  const own: Record<string, MetadataValue> = {
    vocab_size: uint32(decoder.vocabSize),
    context_length: uint32(decoder.contextLength),
    embedding_length: uint32(decoder.hiddenSize),
    block_count: uint32(layers.length),
    feed_forward_length: perLayer(layers.map(({ channels }) => channels)),
    'attention.head_count': perLayer(layers.map(({ groups }) => groups * decoder.headsPerGroup)),
    'attention.head_count_kv': perLayer(layers.map(({ groups }) => groups)),
    'attention.key_length': uint32(decoder.headSize),
    'attention.value_length': uint32(decoder.headSize),
    'attention.layer_norm_rms_epsilon': float32(decoder.normEpsilon),
    'rope.dimension_count': uint32(decoder.headSize),
    'rope.freq_base': float32(decoder.rotary.theta),
    ...(decoder.rotary.scaling === 'linear'
      ? { 'rope.scaling.type': text('linear'), 'rope.scaling.factor': float32(decoder.rotary.factor) }
      : {}),
  };
  return new Map<string, MetadataValue>([
    ['general.architecture', text(architecture)],
    ['general.type', text('model')],
    ...described({
      'general.name': name,
      'general.license': origin.license,
      'general.license.name': origin.licenseName,
      'general.license.link': origin.licenseLink,
    }),
    ...(origin.languages === undefined ? [] : [['general.languages', texts(origin.languages)] as const]),
    ['general.file_type', uint32(FILE_TYPES[type])],
    ['general.quantization_version', uint32(2)],
    ...Object.entries(own).map(([key, value]) => [`${architecture}.${key}`, value] as const),
  ]);
}

const described = (fields: Readonly<Record<string, string | undefined>>): [string, MetadataValue][] =>
  Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, text(value)]]));

/**
 * What each rotary frequency is divided by: the tensor `rope_freqs.weight`, `[h / 2]`. Undefined where metadata say
 * it, or there is nothing to say.
 */
export function rotaryDivisors({ rotary, headSize }: DecoderConfig): Float32Array | undefined {
  if (rotary.scaling === 'none' || rotary.scaling === 'linear') return undefined;
  const plain = rotaryFrequencies({ theta: rotary.theta, scaling: 'none' }, headSize);
  return Float32Array.from(rotaryFrequencies(rotary, headSize), (frequency, i) => plain[i]! / frequency);
}
