import { type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { TensorFlowBackend } from './backend.js';
import { DT } from '../c-api/data-types.js';

/**
 * bfloat16 for tfjs, which has no such type: a tensor whose data TensorFlow holds as bfloat16 while tfjs reads
 * its dtype as 'float32'. Products take it, gather, slice and other moves keep it, arithmetic refuses it.
 */
export class Bfloat16 {
  constructor(private readonly backend: TensorFlowBackend) {}

  is(x: Tensor): boolean {
    return this.backend.tensorMap.get(x.dataId)?.dtype === DT.bfloat16;
  }

  /** A bfloat16 tensor, rounded to nearest even; a clone where it is one already. */
  from(x: Tensor): Tensor {
    return this.is(x) ? x.clone() : this.#cast(x, DT.bfloat16);
  }

  /** A float32 tensor, exactly; a clone where it is one already. */
  toFloat32(x: Tensor): Tensor {
    return this.is(x) ? this.#cast(x, DT.float) : x.clone();
  }

  /** @param bits the upper halves of float32 values, in row-major order */
  fromBits(bits: Uint16Array, shape: number[]): Tensor {
    const id = this.backend.binding.createTensor(shape, DT.bfloat16, bits);
    return this.backend.createOutputTensor({ id, dtype: DT.bfloat16, shape: [...shape] });
  }

  /** Matrix product of the last two axes, float32 out; if either factor is bfloat16, the other is cast to it. */
  matMul(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
    const half = this.is(a) || this.is(b);
    // Of two kernels for two matrices each is the faster in one type, MatMul in float32 by 5 to 10%.
    const [name, flags] =
      half || a.rank > 2 || b.rank > 2
        ? (['BatchMatMulV2', ['adj_x', 'adj_y']] as const)
        : (['MatMul', ['transpose_a', 'transpose_b']] as const);
    const attrs = [transposeA, transposeB].map((value, i) => ({ name: flags[i]!, value }));
    const multiply = (x: Tensor, y: Tensor) => this.backend.executeOp(name, attrs, [x, y], 1)[0]!;
    return half ? tidy(() => this.toFloat32(multiply(this.from(a), this.from(b)))) : multiply(a, b);
  }

  #cast(x: Tensor, to: number): Tensor {
    return this.backend.executeOp('Cast', [{ name: 'DstT', value: to }], [x], 1)[0]!;
  }
}
