import { assertUnits, blockName, blockOf, type Layout } from '@grasp/budget';
import type { Checkpoint } from '@grasp/checkpoint';
import { FoldError } from './errors.js';
import type { UnitSlice } from './unit-slice.js';

/** The kept indices of one axis of a tensor. */
export interface AxisPlan {
  /** Kept indices, ascending. */
  readonly kept: Uint32Array;
  /** One factor per kept index. Absent if all factors are 1. */
  readonly factors?: Float32Array;
}

/** The plan of each axis. An axis without a plan is kept whole. */
export type TensorPlan = readonly [rows: AxisPlan | undefined, columns: AxisPlan | undefined];

/** The units to keep, their scales, and where they are in the tensors. */
export interface UnitChoice {
  readonly layout: Layout;
  /** Every tensor axis that consists of units. */
  readonly slices: readonly UnitSlice[];
  /** `[layout.size]`: 1 for each kept unit, 0 for the others. */
  readonly mask: Uint8Array;
  /** `[layout.size]`: one factor per unit. Entries of removed units are ignored. Default 1. */
  readonly scales?: Float32Array;
}

/**
 * Converts kept units to kept indices, for each tensor that has units.
 *
 * @throws {FoldError} if slices, layout and tensors do not fit together, a block has no slice, or a scale is not finite
 *   or has no tensor to go into.
 */
export function planTensors(checkpoint: Checkpoint, choice: UnitChoice): Map<string, TensorPlan> {
  const { layout, slices, mask, scales } = choice;
  assertUnits(layout, mask, 'mask');
  if (scales) assertUnits(layout, scales, 'scales');
  const plans = new Map<string, [AxisPlan | undefined, AxisPlan | undefined]>();
  for (const slice of slices) {
    const plan = plans.get(slice.tensor) ?? [undefined, undefined];
    if (plan[slice.axis]) {
      throw new FoldError(`Axis ${slice.axis} of ${slice.tensor} has two slices. Give one slice per axis.`);
    }
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
    throw new FoldError(`${tensor}: its slice names ${blockName(slice)}, and the layout has no such block.`);
  const info = checkpoint.tensors.get(tensor);
  if (!info) {
    throw new FoldError(
      `${checkpoint.source} has no tensor ${tensor}. Leave its slice out, or use the checkpoint that the slices describe.`,
    );
  }
  if (info.shape[axis] !== block.count * width) {
    throw new FoldError(
      `${tensor} has shape [${info.shape.join(', ')}]; ${blockName(slice)} has ${block.count} units of width ${width}, ` +
        `so axis ${axis} must be ${block.count * width}. The mask or the layout belongs to another model.`,
    );
  }
  const units: number[] = [];
  for (let unit = 0; unit < block.count; unit++) if (mask[block.start + unit] !== 0) units.push(unit);
  const kept = new Uint32Array(units.length * width);
  const factors = new Float32Array(kept.length).fill(1);
  units.forEach((unit, place) => {
    const factor = scaled && scales ? scales[block.start + unit]! : 1;
    if (!Number.isFinite(factor)) {
      throw new FoldError(
        `The scale of unit ${unit} of ${blockName(block)} is ${factor}. Scales must be finite.`,
      );
    }
    factors.fill(factor, place * width, (place + 1) * width);
    for (let entry = 0; entry < width; entry++) kept[place * width + entry] = unit * width + entry;
  });
  return factors.every((factor) => factor === 1) ? { kept } : { kept, factors };
}

/** Without a slice, removed units would stay in the weights. Without a scaled slice, scales would be lost. */
function assertEveryBlockSliced({ layout, slices, mask, scales }: UnitChoice): void {
  for (const block of layout.blocks) {
    const own = slices.filter(({ layer, kind }) => layer === block.layer && kind === block.kind);
    if (own.length === 0) throw new FoldError(`${blockName(block)} has no slice.`);
    if (!scales || own.some(({ scaled }) => scaled)) continue;
    for (let unit = block.start; unit < block.start + block.count; unit++) {
      if (mask[unit] !== 0 && scales[unit] !== 1) {
        throw new FoldError(
          `${blockName(block)} has scales, but none of its slices is \`scaled\`. Mark the slice that takes them.`,
        );
      }
    }
  }
}
