import { CheckpointFormatError } from '../../errors.js';
import { LIMITS } from '../../limits.js';
import type { GgufMetadata } from '../header/metadata.js';
import type { GgufTensorInfo } from '../header/read-header.js';
import { MODEL, modelKey, tokenIdKey } from '../keys.js';
import { ggufArchitecture, readArchitecture } from './architectures.js';
import { ggufLayerShapes } from './layer-shapes.js';
import { ropeScaling } from './rope-scaling.js';
import { shortest } from './shortest.js';
import { ggufName, huggingFaceName } from './tensor-names.js';

/**
 * The config.json that stands for a GGUF file's metadata.
 *
 * @param tensors by GGUF name
 * @param ropeFactors content of the tensor `rope_freqs.weight`, `[headDim / 2]`, if the file has it
 * @throws CheckpointFormatError, CheckpointUnsupportedError
 */
export function ggufConfig(
  metadata: GgufMetadata,
  tensors: ReadonlyMap<string, GgufTensorInfo>,
  ropeFactors: Float32Array | undefined,
): Record<string, unknown> {
  const arch = readArchitecture(metadata);
  type Key = Parameters<typeof modelKey>[1];
  const optional = (key: Key) => {
    const value = metadata.number(modelKey(arch, key));
    return value === undefined ? undefined : shortest(value);
  };
  const size = (key: Key) => {
    const value = optional(key);
    if (value !== undefined && Number.isSafeInteger(value) && value > 0) return value;
    const name = modelKey(arch, key);
    throw new CheckpointFormatError(metadata.file, `its metadata ${name} is ${value}, not a size`);
  };
  const names = [...tensors.keys()].map((name) => huggingFaceName(name) ?? name);
  const hasBias = (part: string) => names.some((name) => name.endsWith(`.${part}.bias`));
  const embeddings = tensors.get(EMBEDDINGS);
  if (embeddings === undefined) throw new CheckpointFormatError(metadata.file, `it has no ${EMBEDDINGS}`);

  const { modelType, className } = ggufArchitecture(arch);
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
  const heads = widest.num_attention_heads;
  const headDim = optional(MODEL.keyDim) ?? hidden / heads;
  const ropeTheta = optional(MODEL.ropeTheta) ?? 10_000;
  const maxPositions = size(MODEL.contextLength);
  const epsilon = optional(MODEL.normEpsilon);
  if (epsilon === undefined) throw new CheckpointFormatError(metadata.file, 'it has no RMS norm epsilon');
  return {
    model_type: modelType,
    architectures: [className],
    hidden_size: hidden,
    num_hidden_layers: layers,
    ...widest,
    ...(equal ? {} : { layer_shapes: shapes }),
    head_dim: headDim,
    hidden_act: 'silu',
    rms_norm_eps: epsilon,
    rope_theta: ropeTheta,
    rope_scaling: ropeScaling(metadata, arch, ropeFactors, { headDim, ropeTheta }),
    max_position_embeddings: maxPositions,
    vocab_size: embeddings.shape[0],
    attention_bias: ['q', 'k', 'v', 'o'].some((part) => hasBias(`self_attn.${part}_proj`)),
    ...(modelType === 'llama'
      ? { mlp_bias: ['gate', 'up', 'down'].some((part) => hasBias(`mlp.${part}_proj`)) }
      : {}),
    tie_word_embeddings: !tensors.has(HEAD),
    bos_token_id: metadata.number(tokenIdKey('bos')) ?? null,
    eos_token_id: metadata.number(tokenIdKey('eos')) ?? null,
    torch_dtype: torchDtype(tensors),
  };
}

const EMBEDDINGS = ggufName('model.embed_tokens.weight')!;
const HEAD = ggufName('lm_head.weight')!;

/** The dtype in which all matrices are exact. */
function torchDtype(tensors: ReadonlyMap<string, GgufTensorInfo>): string {
  const matrices = [...tensors.values()].filter((tensor) => tensor.shape.length > 1);
  if (matrices.every((tensor) => tensor.type === 'F16')) return 'float16';
  if (matrices.every((tensor) => tensor.type === 'BF16')) return 'bfloat16';
  return 'float32';
}
