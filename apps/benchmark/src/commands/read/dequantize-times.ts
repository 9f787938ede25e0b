import { dequantize, GGML_TYPES, type GgmlQuantType } from '@grasp/checkpoint';
import { Random } from '@grasp/gates';

export const QUANTISED_TYPES = Object.keys(GGML_TYPES).filter(
  (type) => !['F32', 'F16', 'BF16'].includes(type),
) as GgmlQuantType[];

/** Time of one type, in memory. */
export interface DequantizeTime {
  readonly type: GgmlQuantType;
  /** Of the fastest pass. */
  readonly nanosecondsPerValue: number;
  /** Bytes of blocks in a second of it, in megabytes. */
  readonly megabytesPerSecond: number;
}

/** Values of a pass: few enough that one often runs without interruption by other programs. */
const VALUES = 2 ** 18;

/**
 * Times the dequantisation of random blocks in memory. Types alternate, and the fastest pass of each counts, because
 * other programs only add time.
 */
export function dequantizeTimes(repeats: number): DequantizeTime[] {
  const out = new Float32Array(VALUES);
  const random = new Random(1);
  const runs = QUANTISED_TYPES.map((type) => {
    const { blockSize, blockBytes } = GGML_TYPES[type];
    const length = (VALUES / blockSize) * blockBytes;
    const blocks = Uint8Array.from({ length }, () => random.below(256));
    return { type, blocks, fastest: Number.POSITIVE_INFINITY };
  });
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const run of runs) {
      const start = performance.now();
      dequantize(run.type, run.blocks, out);
      run.fastest = Math.min(run.fastest, performance.now() - start);
    }
  }
  return runs.map(({ type, blocks, fastest }) => ({
    type,
    nanosecondsPerValue: (1e6 * fastest) / VALUES,
    megabytesPerSecond: blocks.length / (1e3 * fastest),
  }));
}
