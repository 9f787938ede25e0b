import type { Checkpoint } from '@grasp/checkpoint';
import { type DecoderConfig, LAYER_SHAPES_KEY } from '@grasp/decoder';
import { hasOneShape, layerWidths } from '../layer-widths.js';
import { type Config, commonFields, ordinaryConfig } from '../transformers/ordinary-config.js';

/**
 * config.json beside an ONNX model: that of the model's family. Runtimes take from it the number of layers, special tokens,
 * and sizes of the cache. If layers differ, it has the widths of the widest, and those of each layer in `layer_shapes`.
 *
 * @param dtype of the matrices, by transformers' name
 * @param runtime the settings of transformers.js
 */
export function onnxConfig(
  checkpoint: Checkpoint,
  decoder: DecoderConfig,
  dtype: 'float32' | 'float16',
  runtime: Config,
): Config {
  const ordinary = hasOneShape(decoder) ? ordinaryConfig(checkpoint, decoder) : undefined;
  const config = ordinary ?? unevenConfig(checkpoint, decoder);
  // transformers 4 and 5 name the key differently.
  return {
    ...config,
    ['dtype' in config ? 'dtype' : 'torch_dtype']: dtype,
    'transformers.js_config': runtime,
  };
}

function unevenConfig(checkpoint: Checkpoint, decoder: DecoderConfig): Config {
  const { modelType, className } = decoder.architecture;
  const widest = (of: 'channels' | 'kvHeads') => Math.max(1, ...decoder.layers.map((layer) => layer[of]));
  return {
    ...commonFields(checkpoint, decoder),
    ...layerWidths(decoder, { channels: widest('channels'), kvHeads: widest('kvHeads') }),
    architectures: [className],
    model_type: modelType,
    [LAYER_SHAPES_KEY]: decoder.layers.map((shape) => layerWidths(decoder, shape)),
  };
}
