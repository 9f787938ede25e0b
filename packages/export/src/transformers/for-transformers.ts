import {
  type Checkpoint,
  type CheckpointFile,
  InexpressibleModelError,
  stringifyLike,
} from '@grasp/checkpoint';
import {
  type DecoderCheckpoint,
  type DecoderConfig,
  decoderCheckpoint,
  fusedCheckpoint,
  LAYER_SHAPES_KEY,
} from '@grasp/decoder';
import { parseJson } from '@grasp/files';
import { hasOneShape, layerWidths } from '../layer-widths.js';
import { tensorsOfRemovedParts } from '../removed-parts.js';
import { modellingFile, modellingModule } from './modelling-file.js';
import { ropeFields } from './rope-fields.js';

type Config = Readonly<Record<string, unknown>>;

/** Keys that only one way of writing a model has. */
const OWN_KEYS = ['architectures', 'auto_map', 'base_model_type', 'model_type', LAYER_SHAPES_KEY];

/**
 * A view of a checkpoint that transformers loads. If all layers have one shape, its config is an ordinary one of a released
 * architecture. Otherwise the view has a small modelling file, which its config names in `auto_map`, and loads with
 * `trust_remote_code=True`.
 *
 * transformers up to 5.24 has `per_layer_config`, but no llama, mistral or qwen model reads it.
 *
 * Tensors that the model does not have are left out. Pass the result of `openDecoderCheckpoint` if a model may store a head
 * of its own although its config ties it.
 *
 * @returns a view. Closing it closes `checkpoint`.
 * @throws InexpressibleModelError for rope factors that transformers does not have; UnsupportedModelError, ModelConfigError
 */
export function forTransformers(given: Checkpoint): DecoderCheckpoint {
  const checkpoint = decoderCheckpoint(given);
  const { decoder } = checkpoint;
  if (decoder.attention.some(({ rotary }) => rotary?.scaling === 'factors')) {
    throw new InexpressibleModelError(
      checkpoint.source,
      'transformers',
      'rotary frequencies with a factor each (rope_freqs.weight)',
      'Use the original model in the Hugging Face format.',
    );
  }
  const plain = hasOneShape(decoder) ? ordinaryConfig(checkpoint, decoder) : undefined;
  if (plain) return { ...view(checkpoint, decoder), config: plain, decoder, warnings: checkpoint.warnings };
  const { modelType, className } = decoder.architecture;
  const name = className.replace(/ForCausalLM$/, '');
  const module = modellingModule(modelType);
  const code: CheckpointFile = {
    name: `${module}.py`,
    read: async () => new TextEncoder().encode(modellingFile(decoder.architecture)),
  };
  const config = {
    ...without(checkpoint.config, OWN_KEYS),
    ...ropeFields(checkpoint.config, decoder),
    architectures: [`Pruned${name}ForCausalLM`],
    model_type: `pruned_${modelType}`,
    base_model_type: modelType,
    auto_map: {
      AutoConfig: `${module}.Pruned${name}Config`,
      AutoModel: `${module}.Pruned${name}Model`,
      AutoModelForCausalLM: `${module}.Pruned${name}ForCausalLM`,
    },
    head_dim: decoder.headDim,
    [LAYER_SHAPES_KEY]: decoder.layers.map((shape) => layerWidths(decoder, shape)),
  };
  const unused = tensorsOfRemovedParts(checkpoint, decoder, 'transformers');
  const tensors = new Map([...checkpoint.tensors].filter(([name]) => !unused.has(name)));
  return {
    ...view({ ...checkpoint, tensors }, decoder),
    config,
    decoder,
    warnings: checkpoint.warnings,
    files: [...withoutCode(checkpoint.files.filter(({ name }) => name !== code.name)), code],
  };
}

/** Removes references to code, which is not copied, and which transformers would fetch from the Hub. */
function withoutCode(files: readonly CheckpointFile[]): readonly CheckpointFile[] {
  return files.map((file) =>
    file.name === 'tokenizer_config.json'
      ? { name: file.name, read: async () => withoutAutoMap(await file.read()) }
      : file,
  );
}

function withoutAutoMap(json: Uint8Array): Uint8Array {
  let config: unknown;
  try {
    config = parseJson(new TextDecoder().decode(json));
  } catch {
    return json; // no reader understands it
  }
  if (typeof config !== 'object' || config === null || !('auto_map' in config)) return json;
  return new TextEncoder().encode(
    `${stringifyLike(without({ ...config }, ['auto_map']), new TextDecoder().decode(json))}\n`,
  );
}

/**
 * The config of a released architecture. Undefined if none fits.
 *
 * transformers 5 refuses a llama whose hidden size is no multiple of its head count. It has no such rule for mistral, whose
 * layers are llama's without biases.
 */
function ordinaryConfig(checkpoint: Checkpoint, decoder: DecoderConfig): Config | undefined {
  const { modelType, className } = decoder.architecture;
  const widths = layerWidths(decoder, decoder.layers[0]!);
  const rest = {
    ...without(checkpoint.config, OWN_KEYS),
    ...ropeFields(checkpoint.config, decoder),
    ...widths,
    head_dim: decoder.headDim,
  };
  if (modelType !== 'llama' || decoder.hiddenSize % widths.num_attention_heads === 0) {
    return { ...rest, architectures: [className], model_type: modelType };
  }
  if ([...checkpoint.tensors.keys()].some((name) => name.endsWith('.bias'))) return undefined;
  return {
    ...without(rest, ['attention_bias', 'mlp_bias', 'pretraining_tp']),
    architectures: ['MistralForCausalLM'],
    model_type: 'mistral',
    sliding_window: null,
    max_position_embeddings: decoder.contextLength, // mistral has another default
  };
}

function without(config: Config, keys: readonly string[]): Config {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !keys.includes(key)));
}

/** The checkpoint with the tensors that transformers names, without code. */
function view(checkpoint: Checkpoint, decoder: DecoderConfig): Checkpoint {
  const { source, config, configText, tensors, files } = checkpoint;
  const plain = {
    ...{ source, config, configText, tensors },
    files: withoutCode(files),
    read: (name: string) => checkpoint.read(name),
    close: () => checkpoint.close(),
  };
  return fusedCheckpoint(plain, decoder);
}
