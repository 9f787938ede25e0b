import type { DecoderConfig } from '../spec/config.js';
import { decoderLayers } from './decoder-layers.js';
import type { MatrixSize, Parameters } from './layer-cost.js';
import { matrixSides } from './lora-cost.js';

/** The size of a decoder. */
export interface DecoderSize {
  /** Parameters of the attention and FFN sublayers. Their matrices are what a budget counts. */
  readonly sublayers: Parameters;
  /** Parameters of embedding, final norm and head. */
  readonly ends: Parameters;
  /** Elements of the KV cache once it holds a row of `length` tokens. */
  kvCache(length: number): number;
}

/** The size of a dense decoder, from its config alone. Biases are not counted. A tied head counts once. */
export function decoderSize(config: DecoderConfig): DecoderSize {
  const { embedding, sublayers, head } = decoderLayers(config);
  return {
    sublayers: addParameters(sublayers.map(({ cost }) => cost.parameters)),
    ends: addParameters([embedding.parameters, head.parameters]),
    kvCache: (length) => sublayers.reduce((sum, { cost }) => sum + cost.kvCache(length), 0),
  };
}

/**
 * Inputs and outputs of all matrices that LoRA applies to, added up. LoRA of rank `r` has `r · (inputs + outputs)`
 * parameters.
 *
 * @param kept a mask over the units, or the share of every sublayer's units that is kept; see `sublayerUnits`
 */
export function loraSides(config: DecoderConfig, kept: number | Uint8Array): MatrixSize {
  const sides = decoderLayers(config, kept).sublayers.map(({ cost }) => matrixSides(cost.matrices));
  return {
    inputs: sides.reduce((sum, { inputs }) => sum + inputs, 0),
    outputs: sides.reduce((sum, { outputs }) => sum + outputs, 0),
  };
}

function addParameters(all: readonly Parameters[]): Parameters {
  return {
    matrices: all.reduce((sum, { matrices }) => sum + matrices, 0),
    norms: all.reduce((sum, { norms }) => sum + norms, 0),
  };
}
