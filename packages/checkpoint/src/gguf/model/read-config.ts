import { CheckpointFormatError } from '../../errors.js';
import { LIMITS } from '../../limits.js';
import type { GgufArchitecture, GgufSizes } from '../architectures/architecture.js';
import { readArchitecture } from '../architectures/index.js';
import type { GgufMetadata } from '../header/metadata.js';
import { MODEL, type ModelKey, modelKey, tokenIdKey } from '../keys.js';
import type { GgmlType } from '../quantized/types.js';
import { type RopeTensors, ropeScaling } from '../rotary/rope-scaling.js';
import { ggufLayerShapes } from './layer-shapes.js';
import { shortest } from './shortest.js';
import { huggingFaceNames } from './tensor-names.js';
import { windowFields } from './windows.js';

/** What a config.json says about a tensor. */
interface Tensor {
  readonly shape: readonly number[];
  readonly type: GgmlType;
}

const EMBEDDINGS = 'token_embd.weight';
const HEAD = 'output.weight';

/**
 * The config.json that stands for a GGUF file's metadata.
 *
 * @param tensors by GGUF name
 * @throws CheckpointFormatError, CheckpointUnsupportedError
 */
export function ggufConfig(
  metadata: GgufMetadata,
  tensors: ReadonlyMap<string, Tensor>,
  ropeTensors: RopeTensors,
): Record<string, unknown> {
  const arch = readArchitecture(metadata);
  const optional = (key: ModelKey) => {
    const value = metadata.number(modelKey(arch.name, key));
    return value === undefined ? undefined : shortest(value);
  };
  const size = (key: ModelKey, stated = optional(key)) => {
    if (stated !== undefined && Number.isSafeInteger(stated) && stated > 0) return stated;
    const name = modelKey(arch.name, key);
    throw new CheckpointFormatError(metadata.file, `its metadata ${name} is ${stated}, not a size`);
  };
  const embeddings = tensors.get(EMBEDDINGS);
  if (embeddings === undefined) throw new CheckpointFormatError(metadata.file, `it has no ${EMBEDDINGS}`);

  const hidden = size(MODEL.hiddenSize);
  const layers = size(MODEL.layers);
  if (layers > LIMITS.layers) {
    throw new CheckpointFormatError(
      metadata.file,
      `it claims ${layers} layers, and at most ${LIMITS.layers} are allowed`,
    );
  }
  // Any architecture may list a width for each layer, as llama.cpp reads them.
  const { widest, shapes, equal } = ggufLayerShapes(metadata, arch, layers);
  const headDim = optional(MODEL.keyDim) ?? hidden / widest.num_attention_heads;
  const dims = (optional(MODEL.ropeDim) ?? headDim) / (arch.rope?.twice ? 2 : 1);
  const theta = optional(MODEL.ropeTheta) ?? 10_000;
  const contextLength = size(MODEL.contextLength);
  const epsilon = optional(MODEL.normEpsilon);
  if (epsilon === undefined) throw new CheckpointFormatError(metadata.file, 'it has no RMS norm epsilon');
  const heads = shapes[0]!.num_attention_heads;
  const sizes: GgufSizes = { layers, hiddenSize: hidden, heads, headDim };
  const { window, fields: windows } = windowFields(metadata, arch, layers);
  const original = optional(MODEL.ropeOriginalContext);
  const scaling = ropeScaling(metadata, arch, ropeTensors, { dims, theta, contextLength });
  const hasBias = biasesOf(arch, tensors);
  const beta = arch.rope?.queryScale ? optional(MODEL.temperatureScale) : undefined;
  return {
    model_type: arch.modelType,
    architectures: [arch.className],
    hidden_size: hidden,
    num_hidden_layers: layers,
    ...widest,
    ...(equal ? {} : { layer_shapes: shapes }),
    head_dim: headDim,
    [arch.activation[0]]: arch.activation[1],
    rms_norm_eps: epsilon,
    rope_theta: theta,
    rope_scaling: beta === undefined ? scaling : { ...scaling, llama_4_scaling_beta: beta },
    ...(original === undefined ? {} : { original_max_position_embeddings: original }),
    ...(arch.rope?.partial || dims !== headDim ? { partial_rotary_factor: dims / headDim } : {}),
    max_position_embeddings: contextLength,
    vocab_size: embeddings.shape[0],
    ...biasFields(arch, hasBias),
    tie_word_embeddings: !tensors.has(HEAD),
    bos_token_id: metadata.number(tokenIdKey('bos')) ?? null,
    eos_token_id: metadata.number(tokenIdKey('eos')) ?? null,
    torch_dtype: torchDtype(tensors),
    ...windows,
    ...numberFields(arch, sizes, optional),
    ...arch.config?.({
      ...sizes,
      window,
      has: (key) => optional(key) !== undefined,
      hasBias,
    }),
  };
}

/** The numbers of an architecture, by their names in config.json. */
function numberFields(
  { numbers = [] }: GgufArchitecture,
  sizes: GgufSizes,
  optional: (key: ModelKey) => number | undefined,
): Record<string, number | null> {
  return Object.fromEntries(
    numbers.map(({ key, field, absent }) => [
      field,
      optional(key) || (typeof absent === 'function' ? absent(sizes) : absent),
    ]),
  );
}

/** Tells whether a part has a bias, by the last part of its Hugging Face name. */
function biasesOf(arch: GgufArchitecture, tensors: ReadonlyMap<string, unknown>): (part: string) => boolean {
  const biases = [...tensors.keys()]
    .filter((name) => name.endsWith('.bias'))
    .flatMap((name) => huggingFaceNames(name, arch) ?? []);
  return (part) => biases.some((name) => name.endsWith(`.${part}.bias`));
}

/** Whether there are biases, by the fields of config.json that say so. */
const biasFields = (arch: GgufArchitecture, hasBias: (part: string) => boolean): Record<string, boolean> =>
  Object.fromEntries(Object.entries(arch.biasFields).map(([field, parts]) => [field, parts.some(hasBias)]));

/** The dtype in which all matrices are exact. */
function torchDtype(tensors: ReadonlyMap<string, Tensor>): string {
  const matrices = [...tensors.values()].filter((tensor) => tensor.shape.length > 1);
  if (matrices.every((tensor) => tensor.type === 'F16')) return 'float16';
  if (matrices.every((tensor) => tensor.type === 'BF16')) return 'bfloat16';
  return 'float32';
}
