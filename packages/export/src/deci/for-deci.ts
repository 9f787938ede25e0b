import {
  type Checkpoint,
  elementCount,
  InexpressibleModelError,
  TensorMissingError,
} from '@grasp/checkpoint';
import { checkWeights, type DecoderConfig, openDecoderCheckpoint } from '@grasp/decoder';
import { tensorsOfRemovedParts } from '../removed-parts.js';
import { ropeFields } from '../transformers/rope-fields.js';
import { withoutCode } from '../transformers/without-code.js';
import { withoutEmptyLayers } from '../without-empty-layers.js';
import { deciGaps } from './deci-gaps.js';
import { type DeciLayout, deciLayout } from './deci-layout.js';
import { deciTensors, storedTensors } from './deci-tensors.js';

type Config = Readonly<Record<string, unknown>>;

export interface DeciOptions {
  /**
   * Write FFN widths as `ffn_mult`, in multiples of 256, and as many heads as span the hidden size: what other readers of
   * DeciLM expect. The rest is zeros. Default false.
   */
  readonly portable?: boolean;
}

const MODULE = 'configuration_decilm';

/** What vLLM reads the config with. The widths of a layer are attributes of its entry. */
const CODE = `"""The config of a DeciLM: a llama whose layers have widths of their own."""

from transformers import MistralConfig


class Block(dict):
    def __getattr__(self, field):
        try:
            return self[field]
        except KeyError:
            raise AttributeError(field) from None


class DeciLMConfig(MistralConfig):  # LlamaConfig wants heads that divide the hidden size
    model_type = "nemotron-nas"

    def __init__(self, block_configs=(), **kwargs):
        super().__init__(**kwargs)
        self.block_configs = [Block({part: Block(sizes) for part, sizes in block.items()}) for block in block_configs]
`;

/** Fields of config.json that are carried over as they are. */
const CARRIED = [
  ...['bos_token_id', 'eos_token_id', 'pad_token_id', 'torch_dtype', 'dtype'],
  ...['rope_theta', 'rope_scaling', 'rope_parameters'],
];

/**
 * A view of a checkpoint as DeciLM, the architecture whose layers have widths of their own and which vLLM computes with its own
 * kernels. Layers without attention and FFN are left out.
 *
 * @returns a view, to be written with `writeCheckpoint`. Closing it closes the checkpoint.
 * @throws InexpressibleModelError for what DeciLM lacks; UnsupportedModelError, ModelConfigError, WeightShapeError
 */
export async function forDeci(
  given: Checkpoint,
  { portable = false }: DeciOptions = {},
): Promise<Checkpoint & { readonly zeroShare: number }> {
  const whole = await openDecoderCheckpoint(given);
  checkWeights(whole, whole.decoder);
  const { checkpoint } = withoutEmptyLayers(whole, 'DeciLM');
  const { decoder, source, configText } = checkpoint;
  const missing = deciGaps(decoder, portable);
  if (missing.length > 0) {
    const advice = 'Serve the folder with --model-impl transformers instead.';
    throw new InexpressibleModelError(source, 'DeciLM', missing.join(', '), advice);
  }
  tensorsOfRemovedParts(checkpoint, decoder, 'DeciLM'); // refuses a bias that would still be added
  const layout = deciLayout(decoder, portable);
  const { tensors, read } = storedTensors(checkpoint, deciTensors(decoder, layout));
  const code = { name: `${MODULE}.py`, read: async () => new TextEncoder().encode(CODE) };
  const files = checkpoint.files.filter(({ name }) => !name.endsWith('.py'));
  return {
    ...{ source, configText, tensors },
    config: deciConfig(checkpoint.config, decoder, layout, portable),
    files: [...withoutCode(files), code],
    zeroShare: 1 - elements(checkpoint) / elements({ tensors }),
    async read(name) {
      if (!tensors.has(name)) throw new TensorMissingError(source, name);
      return read(name);
    },
    close: () => checkpoint.close(),
  };
}

function deciConfig(
  config: Config,
  decoder: DecoderConfig,
  { heads, layers }: DeciLayout,
  portable: boolean,
): Config {
  const { hiddenSize, attention, biases } = decoder;
  const widest = (field: 'channels' | 'kvHeads') => Math.max(1, ...layers.map((layer) => layer[field]));
  const window = attention.find((layer) => layer.window !== undefined)?.window ?? null;
  const types = attention.map((layer) =>
    layer.window === undefined ? 'full_attention' : 'sliding_attention',
  );
  return {
    ...Object.fromEntries(Object.entries(config).filter(([key]) => CARRIED.includes(key))),
    ...ropeFields(config, decoder),
    architectures: ['DeciLMForCausalLM'],
    model_type: 'nemotron-nas',
    auto_map: { AutoConfig: `${MODULE}.DeciLMConfig` },
    hidden_size: hiddenSize,
    hidden_act: 'silu',
    vocab_size: decoder.vocabSize,
    max_position_embeddings: decoder.contextLength,
    rms_norm_eps: decoder.normEpsilon,
    tie_word_embeddings: decoder.tiedHead,
    head_dim: decoder.headDim,
    num_hidden_layers: layers.length,
    num_attention_heads: heads,
    num_key_value_heads: widest('kvHeads'),
    intermediate_size: widest('channels'),
    attention_bias: biases.some((name) => name.length === 1),
    mlp_bias: biases.some((name) => name.length > 1),
    sliding_window: window,
    ...(window === null ? {} : { layer_types: types }),
    block_configs: layers.map(({ channels, kvHeads }) => ({
      attention: { no_op: kvHeads === 0, n_heads_in_group: kvHeads === 0 ? null : heads / kvHeads },
      ffn: { no_op: channels === 0, ...feedForwardWidth(channels, hiddenSize, portable) },
    })),
  };
}

/** vLLM reads either. Others read `ffn_mult`. The width is `2/3 · ffn_mult · hidden size`, rounded up to a multiple of 256. */
function feedForwardWidth(channels: number, hiddenSize: number, portable: boolean): Config {
  if (channels === 0) return { ffn_mult: null };
  return portable ? { ffn_mult: (3 * channels) / (2 * hiddenSize) } : { intermediate_size: channels };
}

function elements({ tensors }: Pick<Checkpoint, 'tensors'>): number {
  let sum = 0;
  for (const { shape } of tensors.values()) sum += elementCount(shape);
  return sum;
}
