import type { Checkpoint, TensorData } from '../checkpoint.js';
import { NonFiniteWeightError } from '../errors.js';
import { toFloat32 } from './convert.js';

/** A view of a checkpoint whose reads refuse NaN and infinite weights with `NonFiniteWeightError`. */
export function withFiniteWeights(checkpoint: Checkpoint): Checkpoint {
  return {
    ...checkpoint,
    async read(name, rounded) {
      const tensor = await checkpoint.read(name, rounded);
      checkNumbers(tensor, name, checkpoint.source);
      return tensor;
    },
    close: () => checkpoint.close(),
  };
}

/** @throws NonFiniteWeightError naming the first element that is NaN or infinite */
export function checkNumbers(tensor: TensorData, name: string, source: string): void {
  const index = firstNonFinite(tensor);
  if (index < 0) return;
  const element = { ...tensor, data: tensor.data.slice(index, index + 1) } as TensorData;
  throw new NonFiniteWeightError(source, name, index, toFloat32(element)[0]!);
}

/** Position of the first element whose exponent is all ones, or -1. A plain loop, because it visits every weight. */
function firstNonFinite({ dtype, data }: TensorData): number {
  const bits = dtype === 'F32' ? new Uint32Array(data.buffer, data.byteOffset, data.length) : data;
  const exponent = { F32: 0x7f800000, F16: 0x7c00, BF16: 0x7f80 }[dtype];
  for (let i = 0; i < bits.length; i++) if ((bits[i]! & exponent) === exponent) return i;
  return -1;
}
