import { bytesField, floatField, varintField } from './protobuf.js';

export interface ContextConfig {
  /** Threads of one operation. */
  intraOpThreads: number;
  /** Number of operations that run at the same time. */
  interOpThreads: number;
  /** Memory limit of the first GPU, in bytes. Absent: grow as needed. */
  gpuMemoryBytes?: number;
  /** Maximum number of GPUs. Absent: all. */
  gpus?: number;
}

/**
 * The default number of operations that run at the same time. With two, one operation uses the cores that the other leaves
 * idle. Results do not depend on it.
 */
export function operationsAtOnce(intraOpThreads: number): number {
  return Math.min(2, intraOpThreads);
}

/** Field numbers of tensorflow/core/protobuf/{config,rewriter_config}.proto, version 2.21. */
const configProto = { deviceCount: 1, intraOp: 2, interOp: 5, gpu: 6, softPlacement: 7, graph: 10 };
const mapEntry = { key: 1, value: 2 };
const gpuOptions = { allowGrowth: 4, experimental: 9 };
const gpuExperimental = { virtualDevices: 1 };
const virtualDevices = { memoryLimitMb: 1 };
const graphOptions = { rewrite: 10 };
const rewriter = { constantFolding: 3, arithmetic: 7, remapping: 14, minGraphNodes: 17 };
const toggle = { on: 1, off: 2 };

/** A serialized ConfigProto for an eager context. */
export function contextConfig({
  intraOpThreads,
  interOpThreads,
  gpuMemoryBytes,
  gpus,
}: ContextConfig): Uint8Array {
  const gpu =
    gpuMemoryBytes === undefined
      ? varintField(gpuOptions.allowGrowth, 1)
      : bytesField(
          gpuOptions.experimental,
          bytesField(
            gpuExperimental.virtualDevices,
            floatField(virtualDevices.memoryLimitMb, Math.floor(gpuMemoryBytes / 2 ** 20)),
          ),
        );
  const deviceCount =
    gpus === undefined
      ? []
      : bytesField(configProto.deviceCount, [
          ...bytesField(mapEntry.key, new TextEncoder().encode('GPU')),
          ...varintField(mapEntry.value, gpus),
        ]);
  return Uint8Array.from([
    ...deviceCount,
    ...varintField(configProto.intraOp, intraOpThreads),
    ...varintField(configProto.interOp, interOpThreads),
    ...bytesField(configProto.gpu, gpu),
    ...varintField(configProto.softPlacement, 1),
  ]);
}

/**
 * A serialized ConfigProto for a recorded function. Optimizer passes that change rounding are off, so that results equal
 * eager execution bit for bit. Arithmetic optimization and constant folding reorder sums and products. Remapping replaces
 * several operations by one fused kernel.
 *
 * @param fuse allow remapping
 */
export function functionConfig(fuse: boolean): Uint8Array {
  const passes = [
    ...varintField(rewriter.constantFolding, toggle.off),
    ...varintField(rewriter.arithmetic, toggle.off),
    ...varintField(rewriter.remapping, fuse ? toggle.on : toggle.off),
    ...varintField(rewriter.minGraphNodes, 1),
  ];
  return Uint8Array.from(bytesField(configProto.graph, bytesField(graphOptions.rewrite, passes)));
}
