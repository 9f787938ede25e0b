import { CheckpointFormatError, CheckpointUnsupportedError } from './errors.js';
import type { GgufTensorInfo } from './gguf-header.js';
import { ggufLayerShapes } from './gguf-layer-shapes.js';
import type { GgufMetadata } from './gguf-metadata.js';
import { LIMITS } from './limits.js';

/**
 * GGUF architectures this package presents as Hugging Face checkpoints. Mistral models are `llama` in GGUF; `deci` is
 * llama whose layers may differ in width.
 */
const GGUF_ARCHITECTURES = {
  llama: { model_type: 'llama', architectures: ['LlamaForCausalLM'] },
  deci: { model_type: 'llama', architectures: ['LlamaForCausalLM'] },
  qwen2: { model_type: 'qwen2', architectures: ['Qwen2ForCausalLM'] },
  qwen3: { model_type: 'qwen3', architectures: ['Qwen3ForCausalLM'] },
} as const;

export type GgufArchitecture = keyof typeof GGUF_ARCHITECTURES;

/** @throws CheckpointUnsupportedError */
export function ggufArchitecture(metadata: GgufMetadata): GgufArchitecture {
  const name = metadata.text('general.architecture') ?? '(none)';
  if (Object.hasOwn(GGUF_ARCHITECTURES, name)) return name as GgufArchitecture;
  const what = `architecture ${JSON.stringify(name.slice(0, 80))}`;
  throw new CheckpointUnsupportedError(metadata.file, what, Object.keys(GGUF_ARCHITECTURES));
}

/**
 * The config.json that a GGUF file's metadata stand for.
 *
 * @param tensors by GGUF name
 * @param ropeFactors content of `rope_freqs.weight`, if there
 */
export function ggufConfig(
  metadata: GgufMetadata,
  tensors: ReadonlyMap<string, GgufTensorInfo>,
  ropeFactors: Float32Array | undefined,
): Record<string, unknown> {
  const arch = ggufArchitecture(metadata);
  const optional = (key: string) => {
    const value = metadata.number(`${arch}.${key}`);
    return value === undefined ? undefined : shortest(value);
  };
  const size = (key: string) => {
    const value = optional(key);
    if (value !== undefined && Number.isSafeInteger(value) && value > 0) return value;
    throw new CheckpointFormatError(metadata.file, `its metadata ${arch}.${key} is ${value}, not a size`);
  };
  const embeddings = tensors.get('token_embd.weight');
  if (embeddings === undefined) throw new CheckpointFormatError(metadata.file, 'it has no token_embd.weight');

  const model = GGUF_ARCHITECTURES[arch];
  const hasTensor = (pattern: RegExp) => [...tensors.keys()].some((name) => pattern.test(name));
  const hidden = size('embedding_length');
  const layers = size('block_count');
  if (layers > LIMITS.layers) {
    throw new CheckpointFormatError(
      metadata.file,
      `it claims ${layers} layers, and at most ${LIMITS.layers} are allowed`,
    );
  }
  const byLayer = arch === 'deci' ? ggufLayerShapes(metadata, arch, layers) : undefined;
  const heads = byLayer?.widest.num_attention_heads ?? size('attention.head_count');
  const headDim = optional('attention.key_length') ?? hidden / heads;
  const ropeTheta = optional('rope.freq_base') ?? 10_000;
  const maxPositions = size('context_length');
  const epsilon = optional('attention.layer_norm_rms_epsilon');
  if (epsilon === undefined) throw new CheckpointFormatError(metadata.file, `it has no RMS norm epsilon`);
  return {
    ...model,
    hidden_size: hidden,
    num_hidden_layers: layers,
    ...(byLayer?.widest ?? {
      intermediate_size: size('feed_forward_length'),
      num_attention_heads: heads,
      num_key_value_heads:
        optional('attention.head_count_kv') === undefined ? heads : size('attention.head_count_kv'),
    }),
    ...(byLayer && !byLayer.equal ? { layer_shapes: byLayer.shapes } : {}),
    head_dim: headDim,
    hidden_act: 'silu',
    rms_norm_eps: epsilon,
    rope_theta: ropeTheta,
    rope_scaling: ropeScaling(metadata, arch, ropeFactors, { headDim, ropeTheta }),
    max_position_embeddings: maxPositions,
    vocab_size: embeddings.shape[0],
    attention_bias: hasTensor(/^blk\.\d+\.attn_q\.bias$/),
    ...(model.model_type === 'llama' ? { mlp_bias: hasTensor(/^blk\.\d+\.ffn_gate\.bias$/) } : {}),
    tie_word_embeddings: !tensors.has('output.weight'),
    bos_token_id: metadata.number('tokenizer.ggml.bos_token_id') ?? null,
    eos_token_id: metadata.number('tokenizer.ggml.eos_token_id') ?? null,
    torch_dtype: torchDtype(tensors),
  };
}

function ropeScaling(
  metadata: GgufMetadata,
  arch: GgufArchitecture,
  factors: Float32Array | undefined,
  rope: { headDim: number; ropeTheta: number },
): Record<string, unknown> | null {
  if (factors) return llama3Scaling(factors, rope, metadata.file);
  const type = metadata.text(`${arch}.rope.scaling.type`);
  if (type === undefined || type === 'none') return null;
  const factor = metadata.number(`${arch}.rope.scaling.factor`) ?? 1;
  const original = metadata.number(`${arch}.rope.scaling.original_context_length`);
  return {
    rope_type: type,
    factor: shortest(factor),
    ...(original === undefined ? {} : { original_max_position_embeddings: original }),
  };
}

/**
 * LLaMA-3's rotary scaling comes as one factor a frequency. The three numbers behind them are found by computing
 * the factors of each known setting.
 */
function llama3Scaling(
  factors: Float32Array,
  { headDim, ropeTheta }: { headDim: number; ropeTheta: number },
  file: string,
): Record<string, unknown> {
  const factor = shortest(factors.reduce((most, value) => Math.max(most, value), 1));
  for (const original of [8192, 4096, 2048, 16_384, 32_768]) {
    const scaling = {
      factor,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: original,
    };
    const expected = llama3Factors(scaling, headDim, ropeTheta);
    const equal =
      expected.length === factors.length &&
      expected.every((value, i) => Math.abs(value - factors[i]!) < 1e-4 * value);
    if (equal) return { rope_type: 'llama3', ...scaling };
  }
  throw new CheckpointUnsupportedError(file, 'rope_freqs.weight with these factors', [
    "LLaMA-3's rope scaling",
  ]);
}

/** What each rotary frequency is divided by under LLaMA-3's scaling. */
export function llama3Factors(
  scaling: {
    readonly factor: number;
    readonly low_freq_factor: number;
    readonly high_freq_factor: number;
    readonly original_max_position_embeddings: number;
  },
  headDim: number,
  ropeTheta: number,
): readonly number[] {
  const { factor, low_freq_factor: low, high_freq_factor: high } = scaling;
  const factors: number[] = [];
  for (let i = 0; i < headDim; i += 2) {
    const wavelength = 2 * Math.PI * ropeTheta ** (i / headDim);
    const turns = scaling.original_max_position_embeddings / wavelength;
    const smooth = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    factors.push(1 / ((1 - smooth) / factor + smooth));
  }
  return factors;
}

/** The dtype that holds what reading gives, exactly. */
function torchDtype(tensors: ReadonlyMap<string, GgufTensorInfo>): string {
  const matrices = [...tensors.values()].filter((tensor) => tensor.shape.length > 1);
  if (matrices.every((tensor) => tensor.type === 'F16')) return 'float16';
  if (matrices.every((tensor) => tensor.type === 'BF16')) return 'bfloat16';
  return 'float32';
}

/** The shortest decimal that is the same float32: 1e-5 where the file's float32 is 9.999999747e-6. */
function shortest(value: number): number {
  if (Number.isInteger(value) || Math.fround(value) !== value) return value;
  for (let digits = 1; digits < 9; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (Math.fround(decimal) === value) return decimal;
  }
  return value;
}
