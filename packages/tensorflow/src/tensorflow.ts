import type { Tensor } from '@tensorflow/tfjs-core';
import type { AttributeValue } from './c-api/attributes.js';
import type { Device } from './eager/eager-context.js';
import type { RecordedFunction, RecordOptions, TensorFunction } from './graph/record.js';
import type { BuildKind } from './library/builds.js';
import type { KernelTime } from './profile/kernel-times.js';

export interface TensorFlowInfo {
  /** TensorFlow's version, for example '2.21.0'. */
  version: string;
  build: BuildKind;
  /** Folder of the libraries. */
  library: string;
  devices: readonly Device[];
  threads: { intra: number; inter: number };
  /** 'native' if the processor multiplies bfloat16. If emulated, bfloat16 saves memory but no time. */
  bfloat16: 'native' | 'emulated';
}

/**
 * An open TensorFlow, which is the tfjs backend 'tensorflow'. The members do not use `this` and can be destructured. A
 * disposed tensor makes them throw DisposedTensorError. After `dispose`, they throw TensorFlowClosedError.
 */
export interface TensorFlow {
  readonly info: TensorFlowInfo;
  /**
   * Returns a function that records `fn` at its first call for each signature (shapes and dtypes of the inputs), and runs
   * the recording from then on. Tensors that `fn` takes from outside become arguments and must stay alive. Plain numbers
   * are frozen into the recording.
   */
  record(name: string, fn: TensorFunction, options?: RecordOptions): RecordedFunction;
  /** A bfloat16 copy, rounded to nearest even. Its tfjs dtype is 'float32'. Arithmetic on it throws. */
  toBfloat16(x: Tensor): Tensor;
  /** An exact float32 copy. */
  fromBfloat16(x: Tensor): Tensor;
  /** A bfloat16 tensor from raw bits in row-major order, as checkpoints store them. */
  bfloat16Tensor(bits: Uint16Array, shape: number[]): Tensor;
  /** Whether TensorFlow holds a tensor as bfloat16. */
  isBfloat16(x: Tensor): boolean;
  /**
   * Calls `work` with a worker's device as the current one. Operations run there, and new tensors are made there. Other
   * tensors are copied there once. `work` must be synchronous.
   *
   * @param device a name from `info.devices`
   * @throws TensorFlowOpError if no worker has the device, WorkerLostError
   */
  onDevice<T>(device: string, work: () => T): T;
  /**
   * Matrix product of the last two axes, in float32. If one factor is bfloat16, the other is cast to it. Leading axes are
   * broadcast. It has a gradient.
   *
   * @param transposeA swap the last two axes of `a` first
   * @param transposeB swap the last two axes of `b` first
   */
  matMul(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor;
  /**
   * Solves `A X = B` by Cholesky decomposition in float64. `A` is symmetric positive definite. All matrices are row-major.
   *
   * @param a `[n, n]`
   * @param b `[n, m]`
   * @returns `X [n, m]`, or undefined if `A` is not positive definite
   */
  solveDefinite(a: Float64Array, b: Float64Array, n: number): Float64Array | undefined;
  /**
   * Runs any TensorFlow operation by name. It has no gradient: a gradient that passes through it throws.
   *
   * @param attrs a type is a name ('float', 'bfloat16') or a TF_DataType. Leave out what the inputs imply
   * @throws TensorFlowOpError
   */
  op(
    name: string,
    attrs: Readonly<Record<string, AttributeValue>>,
    inputs: readonly Tensor[],
    outputCount: number,
  ): Tensor[];
  /**
   * Times every kernel that runs in this process while `work` runs: those of GPUs if any ran, else the operations of the
   * CPU. Uses the profiler of TensorFlow's server, which is started on a free port of the loopback interface. The server
   * stays until the process ends, and has no authentication. Linux only.
   *
   * @returns the kernels, longest time first
   * @throws TensorFlowSetupError ('port'), TensorFlowOpError
   */
  profile(work: () => Promise<void>): Promise<KernelTime[]>;
  /** Number of functions that XLA has compiled so far; a function counts once for each set of shapes. */
  compilations(): number;
  /** Number of tensors that TensorFlow holds, and the bytes of their elements. */
  memory(): { tensors: number; bytes: number };
  /** Frees every tensor and removes the backend. The library stays loaded. */
  dispose(): void;
}
