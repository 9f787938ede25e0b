import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { replaceFile } from '@grasp/files';
import type { BudgetName, RunRecord, runInputs } from '@grasp/prune';

/** What a run at one budget came to; the losses of learning are the same for all. */
export type CurvePoint = Omit<RunRecord, 'losses' | 'maskFile'>;

/** Perplexity against size: `sweep.json`. */
export interface Curve {
  readonly format: 'grasp-sweep';
  readonly version: 1;
  readonly budget: BudgetName;
  /** The budget that scores were learned under. */
  readonly learnedAt: string;
  readonly points: readonly CurvePoint[];
}

/** Writes the curve, whole or not at all. */
export function writeCurve(path: string, curve: Curve): Promise<void> {
  return replaceFile(path, `${JSON.stringify(curve, null, 2)}\n`);
}

/** Points of an earlier sweep; none where there is none. */
export async function readPoints(path: string): Promise<readonly CurvePoint[]> {
  try {
    const { format, points } = JSON.parse(await readFile(path, 'utf8')) as Partial<Curve>;
    return format === 'grasp-sweep' && Array.isArray(points) ? points : [];
  } catch {
    return []; // not there, or not ours: measured anew
  }
}

/** The point that the same settings, data and versions gave, if there is one. */
export function pointFor(
  points: readonly CurvePoint[],
  inputs: ReturnType<typeof runInputs>,
): CurvePoint | undefined {
  const wanted = JSON.parse(JSON.stringify(inputs));
  return points.find(({ versions, model, settings, data }) =>
    isDeepStrictEqual({ versions, model, settings, data }, wanted),
  );
}
