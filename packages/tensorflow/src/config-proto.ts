import { bytesField, doubleField, varintField } from './protobuf.js';

export interface RuntimeConfig {
  /** Threads inside one operation. */
  intraOpThreads: number;
  /** Operations that may run at the same time. */
  interOpThreads: number;
  /** Share of each GPU's memory to take, 0 to 1; absent: grow as needed. */
  gpuMemoryFraction?: number;
}

/** Field numbers of tensorflow/core/protobuf/config.proto, version 2.21. */
const configProto = { deviceCount: 1, intraOp: 2, interOp: 5, gpuOptions: 6, softPlacement: 7, graph: 10 };
const gpuOptions = { memoryFraction: 1, allowGrowth: 4 };
const graphOptions = { rewrite: 10 };
const rewriter = { constantFolding: 3, arithmetic: 7, minGraphNodes: 17 };
const toggle = { on: 1, off: 2 };

/** A serialized ConfigProto for the eager context: threads and GPU memory. */
export function contextConfig(config: RuntimeConfig): Uint8Array {
  const gpu =
    config.gpuMemoryFraction === undefined
      ? varintField(gpuOptions.allowGrowth, 1)
      : doubleField(gpuOptions.memoryFraction, config.gpuMemoryFraction);
  return Uint8Array.from([
    ...varintField(configProto.intraOp, config.intraOpThreads),
    ...varintField(configProto.interOp, config.interOpThreads),
    ...bytesField(configProto.gpuOptions, gpu),
    ...varintField(configProto.softPlacement, 1),
  ]);
}

/**
 * A serialized ConfigProto for recorded functions. The graph optimiser may fuse and prune, but the two
 * passes that reassociate sums and products are off: results must equal the eager ones to the last bit.
 */
export function functionConfig(): Uint8Array {
  const passes = [
    ...varintField(rewriter.constantFolding, toggle.off),
    ...varintField(rewriter.arithmetic, toggle.off),
    ...varintField(rewriter.minGraphNodes, 1),
  ];
  return Uint8Array.from(bytesField(configProto.graph, bytesField(graphOptions.rewrite, passes)));
}
