import { UnsupportedModelError } from '../errors.js';
import type { ConfigFields } from './config-fields.js';
import { LIMITS } from './limits.js';
import { type LayerType, type RotaryConfig, rotaryConfig } from './rotary-config.js';

/** How far a layer's attention sees, and how it knows positions. */
export interface LayerAttention {
  /** Most keys that a query sees, itself included. Undefined: all before it. */
  readonly window?: number | undefined;
  /** Undefined: queries and keys are not rotated. */
  readonly rotary: RotaryConfig | undefined;
}

/** The same attention in every layer. */
export function equalLayers(
  config: ConfigFields,
  window: number | undefined,
  rotary: RotaryConfig = rotaryConfig(config),
): LayerAttention[] {
  return Array.from({ length: config.layers }, () => ({ window, rotary }));
}

/**
 * The kind of each layer's attention: `layer_types`, or what the architecture's config class fills in.
 *
 * @throws UnsupportedModelError for another kind of attention
 */
export function layerTypes(config: ConfigFields, slides: (layer: number) => boolean): LayerType[] {
  const stated = config.perLayer('layer_types');
  if (!stated)
    return Array.from({ length: config.layers }, (_, layer) =>
      slides(layer) ? 'sliding_attention' : 'full_attention',
    );
  return stated.map((type, layer) => {
    if (type === 'full_attention' || type === 'sliding_attention') return type;
    if (type === 'attention') return 'full_attention'; // an older name
    throw new UnsupportedModelError(
      `config.json: "layer_types[${layer}]" is ${JSON.stringify(type)?.slice(0, 80)}, which is not supported.`,
      String(type),
      ['full_attention', 'sliding_attention'],
    );
  });
}

/** `sliding_window`, or undefined if it is null. */
export function slidingWindow(config: ConfigFields, fallback?: number): number | undefined {
  const { sliding_window: stated = fallback } = config.raw;
  if (stated === null || stated === undefined) return undefined;
  return config.integer('sliding_window', fallback, LIMITS.contextLength);
}

/** Attention by layer type: a window in the sliding layers, none in the others. */
export function mixedLayers(
  types: readonly LayerType[],
  window: number | undefined,
  rotary: (type: LayerType) => RotaryConfig | undefined,
): LayerAttention[] {
  const of: Record<LayerType, LayerAttention> = {
    full_attention: { rotary: rotary('full_attention') },
    sliding_attention: { window, rotary: rotary('sliding_attention') },
  };
  return types.map((type) => of[type]);
}

/** Whether a layer slides where every `pattern`-th one does not. */
export const allButEvery = (pattern: number) => (layer: number) => (layer + 1) % pattern !== 0;
