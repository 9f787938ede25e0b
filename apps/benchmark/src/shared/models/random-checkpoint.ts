import { type Checkpoint, elementCount, float32ToBfloat16, type TensorInfo } from '@grasp/checkpoint';
import { decoderConfig, expectedTensors } from '@grasp/decoder';
import { Random } from '@grasp/gates';
import { byteTokenizer } from './byte-tokenizer.js';

/** Number of normal deviates that are drawn. All tensors consist of stretches of them. */
const POOL = 2 ** 16;

/**
 * A model with random bfloat16 weights. Weights are generated when they are read, so that writing the model needs memory
 * for one tensor only. Matrices preserve the magnitude of their input; norm weights are 1. The tokenizer has one token
 * per byte.
 */
export function randomCheckpoint(config: Readonly<Record<string, unknown>>, seed = 1): Checkpoint {
  const expected = [...expectedTensors(decoderConfig(config))].filter(({ optional }) => !optional);
  const tensors = new Map(
    expected.map(({ name, shape }): [string, TensorInfo] => [name, { name, shape, dtype: 'BF16' }]),
  );
  const places = new Random(seed);
  const seeds = new Map(expected.map(({ name }) => [name, places.below(2 ** 31)]));
  const pool = normals(new Random(seed + 1));
  return {
    source: 'random weights',
    config,
    tensors,
    files: [{ name: 'tokenizer.json', read: async () => new TextEncoder().encode(byteTokenizer()) }],
    async read(name) {
      const { shape } = tensors.get(name)!;
      const columns = shape.length > 1 ? shape.at(-1)! : undefined;
      const data = new Uint16Array(elementCount(shape));
      if (columns === undefined)
        data.fill(0x3f80); // 1
      else
        repeat(
          data,
          float32ToBfloat16(pool.map((x) => x / Math.sqrt(columns))).data,
          new Random(seeds.get(name)!),
        );
      return { dtype: 'BF16', shape, data };
    },
    close: async () => {},
  };
}

function normals(random: Random): Float32Array {
  const uniform = () => (random.next() + 0.5) / 2 ** 32;
  const radius = () => Math.sqrt(-2 * Math.log(uniform()));
  return Float32Array.from({ length: POOL }, () => radius() * Math.cos(2 * Math.PI * uniform())); // Box-Muller transform
}

/** Fills `data` with stretches of the pool that begin at random places. */
function repeat(data: Uint16Array, pool: Uint16Array, random: Random): void {
  for (let at = 0; at < data.length; ) {
    const stretch = pool.subarray(random.below(pool.length / 2)).subarray(0, data.length - at);
    data.set(stretch, at);
    at += stretch.length;
  }
}
