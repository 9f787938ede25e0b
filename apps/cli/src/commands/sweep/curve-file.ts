import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { parseJson, replaceFile } from '@grasp/files';
import { type BudgetName, type RunRecord, readRunRecord, type runInputs } from '@grasp/prune';

/** The result at one budget. The losses of learning are the same for all points and are left out. */
export type CurvePoint = Omit<RunRecord, 'losses' | 'maskFile'>;

/** Perplexity against size: the content of `sweep.json`. Version 1, of earlier releases, had flat settings. */
export interface Curve {
  readonly format: 'grasp-sweep';
  readonly version: 2;
  readonly budget: BudgetName;
  /** Name of the point at which scores were learned. */
  readonly learnedAt: string;
  readonly points: readonly CurvePoint[];
}

/** Writes the curve atomically. */
export function writeCurve(path: string, curve: Curve): Promise<void> {
  return replaceFile(path, `${JSON.stringify(curve, null, 2)}\n`);
}

/** An earlier sweep. Without points if there is none. */
export async function readCurve(
  path: string,
): Promise<Pick<Curve, 'points'> & Partial<Pick<Curve, 'learnedAt'>>> {
  try {
    const { format, version, points, learnedAt } = parseJson(await readFile(path, 'utf8')) as Partial<Curve>;
    if (format !== 'grasp-sweep' || version !== 2 || !Array.isArray(points)) return { points: [] };
    return {
      points: points.map(curvePoint).filter((point) => point !== undefined),
      ...(typeof learnedAt === 'string' ? { learnedAt } : {}),
    };
  } catch {
    return { points: [] }; // no file, or another one: every point is measured
  }
}

/** The point of a run's record, or of a part of it. Undefined if the value is something else. */
export function curvePoint(value: unknown): CurvePoint | undefined {
  try {
    const { losses: _, maskFile: __, ...point } = readRunRecord(value);
    return point;
  } catch {
    return undefined;
  }
}

/** The point with these settings, data and versions, if there is one. */
export function pointFor(
  points: readonly CurvePoint[],
  inputs: ReturnType<typeof runInputs>,
): CurvePoint | undefined {
  const wanted = JSON.parse(JSON.stringify(inputs));
  return points.find(({ versions, model, settings, data }) =>
    isDeepStrictEqual({ versions, model, settings, data }, wanted),
  );
}
