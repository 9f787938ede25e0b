import type { UnitBlock } from '@grasp/budget';
import type { GradientOptions } from '@grasp/gates';
import type { DecoderParts } from '../decoder-parts.js';
import { DecoderInputError } from '../errors.js';
import { loraSize, resizeLora } from '../math/lora.js';
import { joined, readerOf } from '../math/vector-parts.js';
import type { DecoderParameters } from '../spec/parameters.js';
import { identityPermutation, permutationOf } from '../weights/permutation.js';
import type { Sublayer, SublayerParameters } from './sublayer.js';

/** The parameters of a question, sublayer by sublayer, permuted. */
export interface SplitParameters {
  readonly sublayers: readonly SublayerParameters[];
  readonly finalNorm?: Float32Array | undefined;
  /** Number of kept units of each sublayer. */
  readonly kept: readonly number[];
  /** Rank of the LoRA factors; 0 without LoRA. */
  readonly rank: number;
}

type Shape = Pick<DecoderParts, 'config' | 'layout' | 'allUnits' | 'sublayers'>;

/** A vector over the units that can be pruned, and ones for the others. */
export function withFixedUnits<V extends Float32Array | Uint8Array>(
  { layout, allUnits }: Pick<DecoderParts, 'layout' | 'allUnits'>,
  vector: V,
): V {
  if (layout.size === allUnits.size) return vector;
  const whole = new (vector.constructor as new (length: number) => V)(allUnits.size).fill(1) as V;
  whole.set(vector);
  return whole;
}

/** @throws DecoderInputError if gates or norm scales have another length than the model asks for. */
export function checkLengths(
  { config, layout, sublayers }: Shape,
  { gates, norms }: Pick<DecoderParameters, 'gates' | 'norms'>,
): void {
  if (gates) checkLength('gates', gates, layout.size);
  if (norms) {
    const count = sublayers.reduce((sum, sublayer) => sum + sublayer.norms, 1);
    checkLength('norm scales', norms, count * config.hiddenSize);
  }
}

/**
 * Splits the parameters by sublayer.
 *
 * @param units which units have gradients, see `GradientOptions`.
 * @throws DecoderInputError if LoRA has no whole rank for the kept units.
 */
export function splitParameters(
  parts: Shape,
  { gates: given, norms, lora }: DecoderParameters,
  units: NonNullable<GradientOptions['units']>,
): SplitParameters {
  const { sublayers, allUnits } = parts;
  const gates = given ? withFixedUnits(parts, given) : new Float32Array(allUnits.size).fill(1);
  const d = parts.config.hiddenSize;
  const kept = sublayers.map(({ block }) => keptIn(block, gates));
  const rank = lora ? rankOf(sublayers, kept, lora) : 0;
  const [nextNorm, nextLora] = [norms && readerOf(norms), lora && readerOf(lora)];
  const split = sublayers.map((sublayer, i): SublayerParameters => {
    const { block } = sublayer;
    const { prunedUnits } = sublayer;
    const skipped = prunedUnits === 'skipped' || (units === 'kept' && prunedUnits !== 'computed');
    const permutation = skipped ? permutationOf(block, gates) : identityPermutation(block.count);
    const { order, computed } = permutation;
    const factors = nextLora?.(rank * loraSize(sublayer.matrices(kept[i]!)));
    return {
      permutation,
      gates: Float32Array.from({ length: computed }, (_, at) => gates[block.start + order[at]!]!),
      normScales: nextNorm?.(sublayer.norms * d),
      lora: factors && resized(sublayer, factors, rank, kept[i]!, computed),
    };
  });
  return { sublayers: split, finalNorm: nextNorm?.(d), kept, rank };
}

/** Gate gradients in layout order, from those of the sublayers one after another, each in permuted order. */
export function gatesInLayoutOrder(
  { sublayers, layout, allUnits }: Pick<DecoderParts, 'sublayers' | 'layout' | 'allUnits'>,
  split: SplitParameters,
  permuted: Float32Array,
  pruned: boolean,
): Float32Array {
  const gradients = new Float32Array(allUnits.size);
  let at = 0;
  sublayers.forEach(({ block }, i) => {
    const { order, computed } = split.sublayers[i]!.permutation;
    const count = pruned ? block.count : computed;
    for (let place = 0; place < count; place++) gradients[block.start + order[place]!] = permuted[at++]!;
  });
  return gradients.subarray(0, layout.size);
}

/** LoRA gradients of the kept units, from those of the computed units, sublayer by sublayer. */
export function loraOfKept(
  { sublayers }: Pick<DecoderParts, 'sublayers'>,
  { sublayers: split, kept, rank }: SplitParameters,
  gradients: Float32Array,
): Float32Array {
  const next = readerOf(gradients);
  return joined(
    sublayers.map((sublayer, i) => {
      const { computed } = split[i]!.permutation;
      const own = next(rank * loraSize(sublayer.matrices(computed)));
      return resized(sublayer, own, rank, computed, kept[i]!);
    }),
  );
}

/** LoRA factors of `from` units as those of `to` units, 0 where there are more. */
function resized(
  sublayer: Sublayer,
  factors: Float32Array,
  rank: number,
  from: number,
  to: number,
): Float32Array {
  if (from === to) return factors;
  const [source, target] = [sublayer.matrices(from), sublayer.matrices(to)];
  const result = new Float32Array(rank * loraSize(target));
  resizeLora(factors, source, target, result);
  return result;
}

function rankOf(sublayers: readonly Sublayer[], kept: readonly number[], lora: Float32Array): number {
  const atRank1 = sublayers.reduce((sum, sublayer, i) => sum + loraSize(sublayer.matrices(kept[i]!)), 0);
  const rank = lora.length / atRank1;
  if (Number.isInteger(rank) && rank > 0) return rank;
  throw new DecoderInputError(
    `LoRA: the kept units have ${atRank1} factors at rank 1; received ${lora.length}, which is no multiple of it.`,
  );
}

function checkLength(what: string, { length }: Float32Array, expected: number): void {
  if (length === expected) return;
  throw new DecoderInputError(`The model takes ${expected} ${what}; received ${length}.`);
}

/** Number of units of a block with a gate other than 0. */
function keptIn({ start, count }: UnitBlock, gates: Float32Array): number {
  let kept = 0;
  for (let unit = start; unit < start + count; unit++) if (gates[unit] !== 0) kept++;
  return kept;
}
