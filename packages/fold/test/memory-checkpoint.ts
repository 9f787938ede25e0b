import type { Checkpoint, TensorData } from '@grasp/checkpoint';

/** A checkpoint held in memory. */
export function memoryCheckpoint(tensors: Readonly<Record<string, TensorData>>): Checkpoint {
  return {
    source: 'memory',
    config: { hidden: 'size' },
    tensors: new Map(
      Object.entries(tensors).map(([name, { dtype, shape }]) => [name, { name, dtype, shape }]),
    ),
    files: [],
    read: async (name) => tensors[name]!,
    close: async () => {},
  };
}

/** A float32 tensor. */
export function f32(shape: readonly number[], data: Iterable<number>): TensorData {
  return { dtype: 'F32', shape, data: Float32Array.from(data) };
}
