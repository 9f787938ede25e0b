import type { UnitBlock } from '@grasp/budget';
import { findArchitecture } from '../architectures/index.js';
import { arrange } from '../arrangement.js';
import type { DecoderConfig } from '../config.js';
import { decoderLayout } from '../units.js';

/** The units of one sublayer: FFN channels, or KV groups. A share of the units may give fractions. */
export interface Units {
  /** Units that every pass computes in full. */
  readonly computed: number;
  /** Units that contribute nothing to the output. A pass computes what the gradients of their gates need. */
  readonly pruned: number;
}

/** The units of one sublayer of the decoder. */
export interface SublayerUnits extends Units {
  readonly layer: number;
  readonly kind: 'kv' | 'ffn';
}

/**
 * The units of every sublayer, bottom up. A layer without attention or without an FFN has no such sublayer.
 *
 * @param kept a mask over the units, or the share of every sublayer's units that is kept. A mask gives the exact
 *   numbers of computed units: the decoder rounds them up to the grain of an arrangement, and where a group's gate does
 *   not multiply the keys it computes all groups in full to get their gradients. A share ignores both.
 * @param prunedGradients whether pruned units' gates have gradients
 */
export function sublayerUnits(
  config: DecoderConfig,
  kept: number | Uint8Array,
  prunedGradients: boolean,
): SublayerUnits[] {
  const { groupGate } = findArchitecture({ model_type: config.modelType });
  const gates = typeof kept === 'number' ? new Float32Array() : Float32Array.from(kept);
  const computedOf = (block: UnitBlock): number => {
    if (typeof kept === 'number') return block.count * kept;
    const allComputed = prunedGradients && block.kind === 'kv' && groupGate === 'value';
    return allComputed ? block.count : arrange(block, gates).computed;
  };
  const sublayers = decoderLayout(config).blocks.map((block): SublayerUnits => {
    const computed = computedOf(block);
    return {
      layer: block.layer,
      kind: block.kind === 'kv' ? 'kv' : 'ffn',
      computed,
      pruned: block.count - computed,
    };
  });
  return sublayers.sort((a, b) => a.layer - b.layer || (a.kind === 'kv' ? -1 : 1));
}
