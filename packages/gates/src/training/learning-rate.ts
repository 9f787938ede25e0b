/** A learning rate for each update, counted from 1. */
export type LearningRate = (update: number) => number;

/** Updates in which {@link annealed} rises to its peak: the first moments are too few to trust. */
const WARM_UP = 8;

/** Rises to `peak` in a few updates, then falls in a straight line, to reach 0 after `updates` of them. */
export function annealed(peak: number, updates: number): LearningRate {
  return (update) => peak * Math.min(1, update / WARM_UP) * Math.max(0, 1 - (update - 1) / updates);
}
