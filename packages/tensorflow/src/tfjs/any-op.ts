import { engine, getKernel, registerGradient, registerKernel, type Tensor } from '@tensorflow/tfjs-core';
import type { AttributeValue, NamedAttribute } from '../c-api/attributes.js';
import { unimplemented } from '../c-api/status.js';
import { TensorFlowOpError } from '../errors.js';
import type { TensorFlowBackend } from './backend.js';

const kernelName = 'GraspTensorFlowOp';

interface OpCall {
  readonly name: string;
  readonly attrs: readonly NamedAttribute[];
  readonly inputs: readonly Tensor[];
  readonly outputCount: number;
}

/**
 * Runs any operation by name. tfjs does not know its gradient: a gradient that has to pass through it throws, instead of
 * silently leaving that part out.
 *
 * @throws TensorFlowOpError, DisposedTensorError
 */
export function runAnyOp(
  backend: TensorFlowBackend,
  name: string,
  attrs: Readonly<Record<string, AttributeValue>>,
  inputs: readonly Tensor[],
  outputCount: number,
): Tensor[] {
  const named = Object.entries(attrs).map(([attr, value]) => ({ name: attr, value }));
  if (!engine().isTapeOn()) return backend.executeOp(name, named, inputs, outputCount);
  const call: OpCall = { name, attrs: named, inputs, outputCount };
  return engine().runKernel(kernelName, { ...inputs } as never, { call } as never) as Tensor[];
}

/** Registers the kernel by which an operation takes part in a gradient. */
export function registerAnyOp(backendName: string): void {
  if (getKernel(kernelName, backendName)) return;
  registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ attrs, backend }) => {
      const { name, attrs: named, inputs, outputCount } = callOf(attrs);
      return (backend as TensorFlowBackend).executeOp(name, named, inputs, outputCount);
    },
  });
  registerGradient({
    kernelName,
    gradFunc: (_dy, _saved, attrs) => {
      const { name } = callOf(attrs);
      throw new TensorFlowOpError(
        name,
        unimplemented,
        'tensorFlow.op has no gradient. Wrap the call in tf.customGrad, or use a tfjs operation.',
      );
    },
  });
}

function callOf(attrs: unknown): OpCall {
  return (attrs as { call: OpCall }).call;
}
