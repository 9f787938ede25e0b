import type { Constraints } from '@grasp/budget';
import { decodeMask, encodeMask } from '@grasp/fold';
import type { ScoredUnits } from './scored-units.js';
import type { Sizes } from './sizes.js';

/** What the page's script works on. */
export interface LiveRun {
  /** What the run kept. */
  readonly mask: Uint8Array;
  readonly units: ScoredUnits;
  /** What the scores are: probabilities of gates, or importance per cost. */
  readonly choose: 'gates' | 'importance';
  readonly dense: Sizes;
  readonly pruned: Sizes;
}

interface WrittenConstraints extends Omit<Constraints, 'protect'> {
  /** Indices of the units that stay. */
  readonly protect?: readonly number[];
}

/** A run as JSON that may stand in a script element. */
export function encodeLiveRun({ mask, units, ...others }: LiveRun): string {
  const { layout, scores, projection, constraints } = units;
  const { protect, ...plain } = constraints;
  const written: WrittenConstraints = {
    ...plain,
    ...(protect ? { protect: [...protect.keys()].filter((unit) => protect[unit] === 1) } : {}),
  };
  const file = new TextDecoder().decode(encodeMask({ layout, mask, scores }));
  return JSON.stringify({ ...others, projection, constraints: written, file }).replaceAll('<', '\\u003c');
}

/** What {@link encodeLiveRun} wrote. */
export function decodeLiveRun(json: string): LiveRun {
  const { projection, constraints, file, ...others } = JSON.parse(json);
  const { layout, mask, scores } = decodeMask(new TextEncoder().encode(file));
  const { protect, ...plain }: WrittenConstraints = constraints;
  const stays = new Uint8Array(layout.size);
  for (const unit of protect ?? []) stays[unit] = 1;
  const read: Constraints = { ...plain, ...(protect ? { protect: stays } : {}) };
  return { ...others, mask, units: { layout, scores: scores!, projection, constraints: read } };
}
