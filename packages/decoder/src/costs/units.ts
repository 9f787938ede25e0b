import { blockOf } from '@grasp/budget';
import type { DecoderConfig } from '../spec/config.js';
import { decoderLayout } from '../spec/units.js';
import { permutationOf } from '../weights/permutation.js';

/** The units of one sublayer: FFN channels, or KV groups. A share of the units may give fractions. */
export interface Units {
  /** Units that every pass computes in full. */
  readonly computed: number;
  /** Units that contribute nothing to the output. A pass computes what the gradients of their gates need. */
  readonly pruned: number;
}

/** One sublayer of the decoder, and its units. */
export interface SublayerUnits extends Units {
  readonly layer: number;
  readonly kind: 'kv' | 'ffn';
}

/**
 * The units of every sublayer, bottom up. A layer without attention or without an FFN has no such sublayer.
 *
 * @param kept a mask over the units, or the share of every sublayer's units that is kept. A mask gives the exact
 *   number of computed units: the decoder rounds it up to the grain of a permutation, and if gates do not multiply
 *   keys, it computes all groups in full to get the gradients of pruned ones. A share ignores both.
 * @param prunedGradients whether pruned units' gates have gradients
 */
export function sublayerUnits(
  config: DecoderConfig,
  kept: number | Uint8Array,
  prunedGradients: boolean,
): SublayerUnits[] {
  const computedOf =
    typeof kept === 'number'
      ? (_layer: number, kind: SublayerUnits['kind'], count: number) =>
          kind === 'kv' && config.groupGate === 'none' ? count : kept * count
      : computedUnder(config, kept, prunedGradients);
  const unitsOf = (layer: number, kind: SublayerUnits['kind'], count: number): SublayerUnits[] => {
    if (count === 0) return [];
    const computed = computedOf(layer, kind, count);
    return [{ layer, kind, computed, pruned: count - computed }];
  };
  return config.layers.flatMap(({ channels, kvHeads }, layer) => [
    ...unitsOf(layer, 'kv', kvHeads),
    ...unitsOf(layer, 'ffn', channels),
  ]);
}

/** Counts the units that the decoder computes in full under a mask. */
function computedUnder(config: DecoderConfig, mask: Uint8Array, prunedGradients: boolean) {
  const layout = decoderLayout(config);
  const gates = Float32Array.from(mask);
  const { groupGate } = config;
  return (layer: number, kind: SublayerUnits['kind'], count: number): number =>
    kind === 'kv' && (groupGate === 'none' || (prunedGradients && groupGate === 'value'))
      ? count
      : permutationOf(blockOf(layout, layer, kind)!, gates).computed;
}
