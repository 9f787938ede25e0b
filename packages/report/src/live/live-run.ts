import type { Constraints } from '@grasp/budget';
import { decodeMask, encodeMask } from '@grasp/fold';
import type { ScoredUnits } from './scored-units.js';
import type { Sizes } from './sizes.js';

/** The data of the page's script. */
export interface LiveRun {
  /** The mask of the run. */
  readonly mask: Uint8Array;
  readonly units: ScoredUnits;
  /** The meaning of the scores: gate probabilities, importance per cost, or what a method says. */
  readonly choose: 'gates' | 'importance' | 'method';
  readonly dense: Sizes;
  readonly pruned: Sizes;
}

interface WrittenConstraints extends Omit<Constraints, 'protect'> {
  /** Indices of the protected units. */
  readonly protect?: readonly number[];
}

/** Encodes a run as JSON for a script element. */
export function encodeLiveRun({ mask, units, ...others }: LiveRun): string {
  const { layout, scores, constraints, ...rule } = units;
  const { protect, ...plain } = constraints;
  const written: WrittenConstraints = {
    ...plain,
    ...(protect ? { protect: [...protect.keys()].filter((unit) => protect[unit] === 1) } : {}),
  };
  const file = new TextDecoder().decode(encodeMask({ layout, mask, scores }));
  return JSON.stringify({ ...others, rule, constraints: written, file }).replaceAll('<', '\\u003c');
}

/** Decodes the output of {@link encodeLiveRun}. */
export function decodeLiveRun(json: string): LiveRun {
  const { rule, constraints, file, ...others } = JSON.parse(json);
  const { layout, mask, scores } = decodeMask(new TextEncoder().encode(file));
  const { protect, ...plain }: WrittenConstraints = constraints;
  const stays = new Uint8Array(layout.size);
  for (const unit of protect ?? []) stays[unit] = 1;
  const read: Constraints = { ...plain, ...(protect ? { protect: stays } : {}) };
  return { ...others, mask, units: { ...rule, layout, scores: scores!, constraints: read } };
}
