import os from 'node:os';
import { engine, findBackend, registerBackend, setBackend, type Tensor } from '@tensorflow/tfjs-core';
import type { AttributeValue } from './attributes.js';
import { createBackend } from './backend.js';
import { cast, isBfloat16 } from './bfloat16.js';
import { Binding } from './binding.js';
import { contextConfig, functionConfig } from './config-proto.js';
import { DT } from './data-types.js';
import { registerOwnKernels } from './kernels.js';
import { loadLibrary } from './load-library.js';
import { OpSchemas } from './op-schema.js';
import { type RecordedFunction, recordFunction } from './record.js';
import { checkStatus } from './status.js';
import { TensorStore } from './tensor-store.js';

export interface OpenOptions {
  library?: string;
  threads?: { intra?: number; inter?: number };
}

export interface TensorFlow {
  readonly info: {
    version: string;
    build: 'cpu' | 'gpu';
    library: string;
    threads: { intra: number; inter: number };
  };
  record(name: string, fn: (...inputs: Tensor[]) => Tensor[]): RecordedFunction;
  toBfloat16(x: Tensor): Tensor;
  fromBfloat16(x: Tensor): Tensor;
  bfloat16Tensor(bits: Uint16Array, shape: number[]): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor;
  op(
    name: string,
    attrs: Readonly<Record<string, AttributeValue>>,
    inputs: Tensor[],
    outputCount: number,
  ): Tensor[];
  isBfloat16(x: Tensor): boolean;
  memory(): { tensors: number; bytes: number };
  dispose(): void;
}

export async function openTensorFlow(options: OpenOptions = {}): Promise<TensorFlow> {
  const folder =
    options.library ??
    process.env.GRASP_TENSORFLOW_LIBRARY ??
    `${os.homedir()}/.cache/grasp/libtensorflow/2.21.0-cpu-linux-x64`;
  const c = loadLibrary(folder);
  const threads = { intra: os.availableParallelism(), inter: 1, ...options.threads };
  const status = c.TF_NewStatus();
  const contextOptions = c.TFE_NewContextOptions();
  const config = contextConfig({ intraOpThreads: threads.intra, interOpThreads: threads.inter });
  c.TFE_ContextOptionsSetConfig(contextOptions, config, config.length, status);
  checkStatus(c, status, 'TFE_ContextOptionsSetConfig');
  const context = c.TFE_NewContext(contextOptions, status);
  c.TFE_DeleteContextOptions(contextOptions);
  checkStatus(c, status, 'TFE_NewContext');
  const schemas = new OpSchemas(c, status);
  const tensors = new TensorStore(c, context, status, undefined);
  const binding = new Binding(c, context, status, schemas, tensors, false);
  const backend = createBackend(binding);
  registerOwnKernels();
  registerBackend('tensorflow', () => backend, 10);
  setBackend('tensorflow');
  findBackend('tensorflow');
  const fnConfig = functionConfig();
  const op: TensorFlow['op'] = (name, attrs, inputs, outputCount) =>
    backend.executeOp(
      name,
      Object.entries(attrs).map(([attr, value]) => ({ name: attr, value })),
      inputs,
      outputCount,
    );
  const to = (x: Tensor, dtype: number) =>
    isBfloat16(backend, x) === (dtype === DT.bfloat16) ? x.clone() : cast(backend, x, dtype);
  return {
    info: { version: c.TF_Version(), build: 'cpu', library: folder, threads },
    record: (name, fn) =>
      recordFunction({ c, context, status, schemas, tensors }, backend, fnConfig, name, fn),
    toBfloat16: (x) => to(x, DT.bfloat16),
    fromBfloat16: (x) => to(x, DT.float),
    bfloat16Tensor: (bits, shape) => backend.createOutputTensor(tensors.create(shape, DT.bfloat16, bits)),
    matMul: (a, b, transposeA, transposeB) => {
      const half = isBfloat16(backend, a) || isBfloat16(backend, b);
      const attrs = { adj_x: transposeA, adj_y: transposeB };
      if (!half) return op('BatchMatMulV2', attrs, [a, b], 1)[0]!;
      return engine().tidy(() =>
        to(op('BatchMatMulV2', attrs, [to(a, DT.bfloat16), to(b, DT.bfloat16)], 1)[0]!, DT.float),
      );
    },
    op,
    isBfloat16: (x) => isBfloat16(backend, x),
    memory: () => ({ tensors: tensors.count, bytes: tensors.bytes }),
    dispose: () => {
      tensors.dispose();
      schemas.dispose();
      c.TFE_DeleteContext(context);
    },
  };
}
