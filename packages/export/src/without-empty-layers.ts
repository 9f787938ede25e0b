import { isDeepStrictEqual } from 'node:util';
import {
  type Checkpoint,
  type InexpressibleModelError,
  type TensorInfo,
  TensorMissingError,
} from '@grasp/checkpoint';
import {
  type DecoderCheckpoint,
  type DecoderConfig,
  decoderCheckpoint,
  decoderConfig,
  LAYER_SHAPES_KEY,
} from '@grasp/decoder';
import { tensorsOfRemovedParts } from './removed-parts.js';

type Config = Readonly<Record<string, unknown>>;

/** A tensor of a layer: the layer's index, and the rest of the name. */
const LAYER = /^model\.layers\.(\d+)\.(.*)$/;

/** A model, and the names that its tensors had before layers were left out. */
export interface ShorterModel {
  readonly checkpoint: DecoderCheckpoint;
  readonly originalName: (name: string) => string;
}

/**
 * A view without the layers that have neither attention nor FFN: they add nothing. At least one layer stays.
 *
 * The checkpoint itself is returned if no layer is empty, or if config.json cannot say which of the layers that are left has
 * a window, or no rotation.
 *
 * @returns a view. Closing it closes `checkpoint`.
 * @throws InexpressibleModelError for a bias in a sublayer that was removed
 */
export function withoutEmptyLayers(
  checkpoint: DecoderCheckpoint,
  target: InexpressibleModelError['target'],
): ShorterModel {
  const { decoder } = checkpoint;
  const kept = keptLayers(decoder);
  const same = { checkpoint, originalName: (name: string) => name };
  if (kept.length === decoder.layers.length) return same;
  tensorsOfRemovedParts(checkpoint, decoder, target); // refuses what a removed sublayer would still add
  const config = configOfLayers(checkpoint.config, decoder, kept);
  if (!config) return same;
  const originalName = (name: string) => withLayer(name, (layer) => kept[layer]);
  const view = decoderCheckpoint(renumbered(checkpoint, config, kept, originalName), [decoder.architecture]);
  return { checkpoint: { ...view, warnings: checkpoint.warnings }, originalName };
}

/** The name of a tensor in another layer. */
function withLayer(name: string, layerFor: (layer: number) => number | undefined): string {
  return name.replace(LAYER, (_, layer, rest) => `model.layers.${layerFor(Number(layer))}.${rest}`);
}

function keptLayers({ layers }: DecoderConfig): number[] {
  const kept = layers.flatMap(({ channels, kvHeads }, layer) => (channels + kvHeads > 0 ? [layer] : []));
  return kept.length > 0 ? kept : [0];
}

/**
 * config.json with some of the layers. Where the kinds of layers follow a pattern, which counts from the first layer, they are
 * listed instead. Undefined if the architecture reads no list that says the same.
 */
function configOfLayers(
  config: Config,
  { attention, architecture }: DecoderConfig,
  kept: readonly number[],
): Config | undefined {
  const layers = kept.map((layer) => attention[layer]!);
  const types = layers.map(({ window }) => (window === undefined ? 'full_attention' : 'sliding_attention'));
  const rotations = layers.map(({ rotary }) => (rotary ? 1 : 0));
  const listed = {
    ...('layer_types' in config ? { layer_types: types } : {}),
    ...('no_rope_layers' in config ? { no_rope_layers: rotations } : {}),
  };
  const shapes = config[LAYER_SHAPES_KEY] as readonly unknown[];
  const candidates = [
    listed,
    { ...listed, layer_types: types },
    { layer_types: types, no_rope_layers: rotations },
  ];
  return candidates
    .map((lists) => ({
      ...config,
      ...lists,
      num_hidden_layers: kept.length,
      [LAYER_SHAPES_KEY]: kept.map((layer) => shapes[layer]),
    }))
    .find((candidate) => isDeepStrictEqual(decoderConfig(candidate, [architecture]).attention, layers));
}

/** The tensors of some layers, under new numbers, and those of no layer. */
function renumbered(
  checkpoint: Checkpoint,
  config: Config,
  kept: readonly number[],
  originalName: (name: string) => string,
): Checkpoint {
  const tensors = new Map<string, TensorInfo>();
  for (const info of checkpoint.tensors.values()) {
    const layer = LAYER.exec(info.name)?.[1];
    if (layer !== undefined && !kept.includes(Number(layer))) continue;
    const name = withLayer(info.name, (original) => kept.indexOf(original));
    tensors.set(name, { ...info, name });
  }
  const { source, configText, files } = checkpoint;
  return {
    ...{ source, configText, config, tensors, files },
    async read(name) {
      if (!tensors.has(name)) throw new TensorMissingError(source, name);
      return checkpoint.read(originalName(name));
    },
    close: () => checkpoint.close(),
  };
}
