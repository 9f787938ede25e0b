import { mulberry32 } from '@grasp/random';

export { mulberry32 as random };

/** `length` normal deviates (Box–Muller), times `scale`. */
export function normals(length: number, seed: number, scale = 1): Float32Array {
  const next = mulberry32(seed);
  return Float32Array.from(
    { length },
    () => scale * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  );
}
