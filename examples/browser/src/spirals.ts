import { Random } from '@grasp/gates';

/** Two spirals wound into each other: points of the plane, each of one arm or the other. */
export interface Points {
  /** `[count, 2]`, within −1…1. */
  readonly places: Float32Array;
  /** `[count, 1]`: 1 for one arm, −1 for the other. */
  readonly arms: Float32Array;
  readonly count: number;
}

const TURNS = 1.25;

/** A number from 0 to 1. */
export const uniform = (random: Random): number => random.next() / 2 ** 32;

/** @param count points in all, half of them on each arm */
export function spirals(count: number, seed: number): Points {
  const random = new Random(seed);
  const noise = () => 0.04 * (uniform(random) - 0.5);
  const places = new Float32Array(2 * count);
  const arms = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const arm = i % 2 === 0 ? 1 : -1;
    const radius = 0.08 + 0.87 * Math.sqrt(uniform(random));
    const angle = radius * TURNS * 2 * Math.PI;
    places.set([arm * radius * Math.cos(angle) + noise(), arm * radius * Math.sin(angle) + noise()], 2 * i);
    arms[i] = arm;
  }
  return { places, arms, count };
}
