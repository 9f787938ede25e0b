import { slope } from '../../shared/statistics/slope.js';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A least-squares line. */
export interface Line {
  readonly at: (x: number) => number;
  /** Slope. */
  readonly each: number;
  /** Share of the variance of `y` that the line explains. */
  readonly rSquared: number;
  /** Largest distance of a point from the line, relative to the point's `y`. */
  readonly farthest: number;
}

/** @param points at least two, with different `x`. */
export function lineThrough(points: readonly Point[]): Line {
  const mean = (of: (point: Point) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const each = slope(points);
  const base = mean(({ y }) => y) - each * mean(({ x }) => x);
  const at = (x: number) => base + each * x;
  const middle = mean(({ y }) => y);
  const missed = mean(({ x, y }) => (y - at(x)) ** 2);
  const spread = mean(({ y }) => (y - middle) ** 2);
  return {
    at,
    each,
    rSquared: spread === 0 ? 1 : 1 - missed / spread,
    farthest: Math.max(...points.map(({ x, y }) => Math.abs(at(x) / y - 1))),
  };
}
