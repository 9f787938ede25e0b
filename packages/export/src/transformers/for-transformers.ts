import { type Checkpoint, type CheckpointFile, InexpressibleModelError } from '@grasp/checkpoint';
import {
  type DecoderCheckpoint,
  type DecoderConfig,
  decoderCheckpoint,
  fusedCheckpoint,
  LAYER_SHAPES_KEY,
} from '@grasp/decoder';
import { hasOneShape, layerWidths } from '../layer-widths.js';
import { tensorsOfRemovedParts } from '../removed-parts.js';
import { withoutEmptyLayers } from '../without-empty-layers.js';
import { modellingFile, modellingModule } from './modelling-file.js';
import { commonFields, fittingHeads, ordinaryConfig } from './ordinary-config.js';
import { withoutCode } from './without-code.js';

/**
 * A view of a checkpoint that transformers loads. If all layers have one shape, its config is an ordinary one of a released
 * architecture. Otherwise the view has a small modelling file, which its config names in `auto_map`, and loads with
 * `trust_remote_code=True`. Layers without attention and FFN are left out. vLLM serves it with `--model-impl transformers --trust-remote-code`.
 *
 * No class of transformers up to 5.24 builds its layers from `per_layer_config`. The modelling file does, and sets it for vLLM.
 *
 * Tensors that the model does not have are left out. Pass the result of `openDecoderCheckpoint` if a model may store a head
 * of its own although its config ties it.
 *
 * @returns a view. Closing it closes `checkpoint`.
 * @throws InexpressibleModelError for rope factors that transformers does not have; UnsupportedModelError, ModelConfigError
 */
export function forTransformers(given: Checkpoint): DecoderCheckpoint {
  const { checkpoint } = withoutEmptyLayers(decoderCheckpoint(given), 'transformers');
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
    ...commonFields(checkpoint, decoder),
    ...fittingHeads(checkpoint.config, decoder),
    ...(decoder.logitScale === 1 ? {} : { logit_scale: decoder.logitScale }), // by the name that vLLM reads
    architectures: [`Pruned${name}ForCausalLM`],
    model_type: `pruned_${modelType}`,
    base_model_type: modelType,
    auto_map: {
      AutoConfig: `${module}.Pruned${name}Config`,
      AutoModel: `${module}.Pruned${name}Model`,
      AutoModelForCausalLM: `${module}.Pruned${name}ForCausalLM`,
    },
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
