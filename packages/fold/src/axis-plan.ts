import { assertUnits, blockName, blockOf, type Layout } from '@grasp/budget';
import type { Checkpoint } from '@grasp/checkpoint';
import { FoldError } from './errors.js';
import type { UnitSlice } from './unit-slice.js';

/** What stays of one axis of a tensor. */
export interface AxisPlan {
  /** Indices that stay, ascending. */
  readonly kept: Uint32Array;
  /** What each of them is multiplied by; absent where all are 1. */
  readonly factors?: Float32Array;
}

/** What stays of a tensor; an axis without a plan stays as it is. */
export type TensorPlan = readonly [rows: AxisPlan | undefined, columns: AxisPlan | undefined];

export interface UnitChoice {
  readonly layout: Layout;
  /** Every axis of every tensor that is made of units. */
  readonly slices: readonly UnitSlice[];
  /** 1 for each kept unit. */
  readonly mask: Uint8Array;
  /** A factor for each kept unit; entries of removed units are not used. */
  readonly scales?: Float32Array;
}

/**
 * Turns units into indices, for each tensor that has any.
 *
 * @throws {FoldError} if slices, layout and tensors disagree, a block has no slice, or a scale cannot be folded.
 */
export function planTensors(checkpoint: Checkpoint, choice: UnitChoice): Map<string, TensorPlan> {
  const { layout, slices, mask, scales } = choice;
  assertUnits(layout, mask, 'mask');
  if (scales) assertUnits(layout, scales, 'scales');
  const plans = new Map<string, [AxisPlan | undefined, AxisPlan | undefined]>();
  for (const slice of slices) {
    const plan = plans.get(slice.tensor) ?? [undefined, undefined];
    if (plan[slice.axis]) throw new FoldError(`Axis ${slice.axis} of ${slice.tensor} is sliced twice.`);
    plan[slice.axis] = planAxis(checkpoint, slice, choice);
    plans.set(slice.tensor, plan);
  }
  assertEveryBlockSliced(choice);
  return plans;
}

function planAxis(checkpoint: Checkpoint, slice: UnitSlice, { layout, mask, scales }: UnitChoice): AxisPlan {
  const { tensor, axis, width, scaled } = slice;
  const block = blockOf(layout, slice.layer, slice.kind);
  if (!block)
    throw new FoldError(`${tensor} is sliced by ${blockName(slice)}, which the layout does not have.`);
  const info = checkpoint.tensors.get(tensor);
  if (!info)
    throw new FoldError(`${checkpoint.source} has no tensor ${tensor}, which ${blockName(slice)} slices.`);
  const length = info.shape[axis];
  if (info.shape.length > 2 || length !== block.count * width) {
    throw new FoldError(
      `${tensor} has shape [${info.shape.join(', ')}]; ${blockName(slice)} needs ${block.count} units of ${width} ` +
        `along axis ${axis} of a vector or matrix. The mask or the layout belongs to another model.`,
    );
  }
  const units: number[] = [];
  for (let unit = 0; unit < block.count; unit++) if (mask[block.start + unit] !== 0) units.push(unit);
  const kept = new Uint32Array(units.length * width);
  const factors = new Float32Array(kept.length).fill(1);
  units.forEach((unit, place) => {
    const factor = scaled && scales ? scales[block.start + unit]! : 1;
    if (!Number.isFinite(factor))
      throw new FoldError(`The scale of unit ${unit} of ${blockName(block)} is ${factor}.`);
    factors.fill(factor, place * width, (place + 1) * width);
    for (let entry = 0; entry < width; entry++) kept[place * width + entry] = unit * width + entry;
  });
  return factors.every((factor) => factor === 1) ? { kept } : { kept, factors };
}

/** A block that no tensor knows would be counted as removed and stay; a scale without a place would be lost. */
function assertEveryBlockSliced({ layout, slices, mask, scales }: UnitChoice): void {
  for (const block of layout.blocks) {
    const own = slices.filter(({ layer, kind }) => layer === block.layer && kind === block.kind);
    if (own.length === 0) throw new FoldError(`No tensor is sliced by the units of ${blockName(block)}.`);
    if (!scales || own.some(({ scaled }) => scaled)) continue;
    for (let unit = block.start; unit < block.start + block.count; unit++) {
      if (mask[unit] !== 0 && scales[unit] !== 1) {
        throw new FoldError(
          `The units of ${blockName(block)} have scales, but none of their tensors takes one.`,
        );
      }
    }
  }
}
