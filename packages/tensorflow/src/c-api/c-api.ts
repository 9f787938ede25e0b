import type { ForeignFunctions } from './foreign-functions.js';

/** An address in native memory. */
export type Pointer = bigint;
/** A `void *` argument: an address, or the memory of a typed array. */
type Memory = Pointer | NodeJS.TypedArray | null;

/**
 * The part of TensorFlow's C API that this package uses, under the C names. It is documented in `tensorflow/c/c_api.h`,
 * `tensorflow/c/eager/c_api.h` and `tensorflow/c/tf_tensor.h`.
 */
export interface CApi {
  TF_Version(): string;
  TF_NewStatus(): Pointer;
  TF_DeleteStatus(status: Pointer): void;
  TF_GetCode(status: Pointer): number;
  TF_Message(status: Pointer): string;
  TF_AllocateTensor(dtype: number, dims: Memory, rank: number, bytes: number): Pointer | null;
  TF_TensorData(tensor: Pointer): Pointer | null;
  TF_TensorByteSize(tensor: Pointer): number;
  TF_TensorType(tensor: Pointer): number;
  TF_DeleteTensor(tensor: Pointer): void;
  TF_StringInit(string: Pointer): void;
  TF_StringCopy(string: Pointer, bytes: Memory, length: number): void;
  TF_StringGetDataPointer(string: Pointer): Pointer;
  TF_StringGetSize(string: Pointer): number;
  TF_StringDealloc(string: Pointer): void;
  TF_NewBuffer(): Pointer;
  TF_DeleteBuffer(buffer: Pointer): void;
  memcpy(to: Memory, from: Memory, bytes: number): Pointer;
  madvise(address: Pointer, bytes: number, advice: number): number;

  TFE_NewContextOptions(): Pointer;
  TFE_ContextOptionsSetConfig(options: Pointer, proto: Memory, bytes: number, status: Pointer): void;
  TFE_DeleteContextOptions(options: Pointer): void;
  TFE_NewContext(options: Pointer, status: Pointer): Pointer;
  TFE_DeleteContext(context: Pointer): void;
  TFE_ContextSetServerDefWithTimeoutAndRetries(
    context: Pointer,
    keepAliveSeconds: number,
    serverDef: Memory,
    bytes: number,
    timeoutMs: number,
    retries: number,
    status: Pointer,
    clearExistingContexts: boolean,
  ): void;
  TFE_ContextListDevices(context: Pointer, status: Pointer): Pointer;
  TFE_ContextAddFunction(context: Pointer, fn: Pointer, status: Pointer): void;
  TFE_ContextRemoveFunction(context: Pointer, name: string, status: Pointer): void;
  TF_DeviceListCount(list: Pointer): number;
  TF_DeviceListName(list: Pointer, index: number, status: Pointer): string;
  TF_DeviceListType(list: Pointer, index: number, status: Pointer): string;
  TF_DeviceListMemoryBytes(list: Pointer, index: number, status: Pointer): number;
  TF_DeleteDeviceList(list: Pointer): void;

  TFE_NewTensorHandle(tensor: Pointer, status: Pointer): Pointer;
  TFE_DeleteTensorHandle(handle: Pointer): void;
  TFE_TensorHandleDataType(handle: Pointer): number;
  TFE_TensorHandleNumDims(handle: Pointer, status: Pointer): number;
  TFE_TensorHandleDim(handle: Pointer, index: number, status: Pointer): number;
  TFE_TensorHandleResolve(handle: Pointer, status: Pointer): Pointer;
  TFE_TensorHandleCopyToDevice(handle: Pointer, context: Pointer, device: string, status: Pointer): Pointer;

  TFE_NewOp(context: Pointer, name: string, status: Pointer): Pointer;
  TFE_DeleteOp(op: Pointer): void;
  TFE_OpSetDevice(op: Pointer, device: string, status: Pointer): void;
  TFE_OpAddInput(op: Pointer, handle: Pointer, status: Pointer): void;
  TFE_OpAddInputList(op: Pointer, handles: Memory, count: number, status: Pointer): void;
  TFE_OpSetAttrString(op: Pointer, name: string, value: Memory, length: number): void;
  TFE_OpSetAttrInt(op: Pointer, name: string, value: number): void;
  TFE_OpSetAttrFloat(op: Pointer, name: string, value: number): void;
  TFE_OpSetAttrBool(op: Pointer, name: string, value: number): void;
  TFE_OpSetAttrType(op: Pointer, name: string, value: number): void;
  TFE_OpSetAttrShape(op: Pointer, name: string, dims: Memory, rank: number, status: Pointer): void;
  TFE_OpSetAttrIntList(op: Pointer, name: string, values: Memory, count: number): void;
  TFE_OpSetAttrFloatList(op: Pointer, name: string, values: Memory, count: number): void;
  TFE_OpSetAttrBoolList(op: Pointer, name: string, values: Memory, count: number): void;
  TFE_OpSetAttrTypeList(op: Pointer, name: string, values: Memory, count: number): void;
  TFE_Execute(op: Pointer, outputs: Memory, count: Memory, status: Pointer): void;

  TF_NewGraph(): Pointer;
  TF_DeleteGraph(graph: Pointer): void;
  TF_GraphGetOpDef(graph: Pointer, name: string, buffer: Pointer, status: Pointer): void;
  TF_NewOperation(graph: Pointer, type: string, name: string): Pointer;
  TF_AddInput(description: Pointer, output: GraphOutput): void;
  TF_AddInputList(description: Pointer, outputs: Memory, count: number): void;
  TF_SetAttrString(description: Pointer, name: string, value: Memory, length: number): void;
  TF_SetAttrInt(description: Pointer, name: string, value: number): void;
  TF_SetAttrFloat(description: Pointer, name: string, value: number): void;
  TF_SetAttrBool(description: Pointer, name: string, value: number): void;
  TF_SetAttrType(description: Pointer, name: string, value: number): void;
  TF_SetAttrShape(description: Pointer, name: string, dims: Memory, rank: number): void;
  TF_SetAttrIntList(description: Pointer, name: string, values: Memory, count: number): void;
  TF_SetAttrFloatList(description: Pointer, name: string, values: Memory, count: number): void;
  TF_SetAttrBoolList(description: Pointer, name: string, values: Memory, count: number): void;
  TF_SetAttrTypeList(description: Pointer, name: string, values: Memory, count: number): void;
  TF_SetAttrTensor(description: Pointer, name: string, tensor: Pointer, status: Pointer): void;
  TF_FinishOperation(description: Pointer, status: Pointer): Pointer;
  TF_GraphToFunction(
    graph: Pointer,
    name: string,
    appendHash: number,
    operationCount: number,
    operations: Memory,
    inputCount: number,
    inputs: Memory,
    outputCount: number,
    outputs: Memory,
    outputNames: null,
    options: null,
    description: null,
    status: Pointer,
  ): Pointer;
  TF_DeleteFunction(fn: Pointer): void;

  TF_NewServer(serverDef: Memory, bytes: number, status: Pointer): Pointer;
  TF_ServerStart(server: Pointer, status: Pointer): void;
}

/** One output of a graph operation (C struct TF_Output). */
export interface GraphOutput {
  operation: Pointer;
  index: number;
}

type Signature = readonly [result: string, ...parameters: string[]];
const p = 'void *';

// Symbols of libtensorflow_framework.
const framework: Record<string, Signature> = {
  TF_NewStatus: [p],
  TF_DeleteStatus: ['void', p],
  TF_GetCode: ['int', p],
  TF_Message: ['str', p],
  TF_AllocateTensor: [p, 'int', p, 'int', 'size_t'],
  TF_TensorData: [p, p],
  TF_TensorByteSize: ['size_t', p],
  TF_DeleteTensor: ['void', p],
  TF_NewBuffer: [p],
  TF_DeleteBuffer: ['void', p],
  // From libc, which the library links to.
  memcpy: [p, p, p, 'size_t'],
  madvise: ['int', p, 'size_t', 'int'],
};

// Symbols of libtensorflow_cc.
const cc: Record<string, Signature> = {
  TF_Version: ['str'],
  TF_StringInit: ['void', p],
  TF_StringCopy: ['void', p, p, 'size_t'],
  TF_StringGetDataPointer: [p, p],
  TF_StringGetSize: ['size_t', p],
  TF_StringDealloc: ['void', p],
  TFE_NewContextOptions: [p],
  TFE_ContextOptionsSetConfig: ['void', p, p, 'size_t', p],
  TFE_DeleteContextOptions: ['void', p],
  TFE_NewContext: [p, p, p],
  TFE_DeleteContext: ['void', p],
  TFE_ContextSetServerDefWithTimeoutAndRetries: ['void', p, 'int', p, 'size_t', 'int64_t', 'int', p, 'bool'],
  TFE_ContextListDevices: [p, p, p],
  TFE_ContextAddFunction: ['void', p, p, p],
  TFE_ContextRemoveFunction: ['void', p, 'str', p],
  TF_DeviceListCount: ['int', p],
  TF_DeviceListName: ['str', p, 'int', p],
  TF_DeviceListType: ['str', p, 'int', p],
  TF_DeviceListMemoryBytes: ['int64_t', p, 'int', p],
  TF_DeleteDeviceList: ['void', p],
  TFE_NewTensorHandle: [p, p, p],
  TFE_DeleteTensorHandle: ['void', p],
  TFE_TensorHandleDataType: ['int', p],
  TFE_TensorHandleNumDims: ['int', p, p],
  TFE_TensorHandleDim: ['int64_t', p, 'int', p],
  TFE_TensorHandleResolve: [p, p, p],
  TFE_TensorHandleCopyToDevice: [p, p, p, 'str', p],
  TFE_NewOp: [p, p, 'str', p],
  TFE_DeleteOp: ['void', p],
  TFE_OpSetDevice: ['void', p, 'str', p],
  TFE_OpAddInput: ['void', p, p, p],
  TFE_OpAddInputList: ['void', p, p, 'int', p],
  TFE_OpSetAttrString: ['void', p, 'str', p, 'size_t'],
  TFE_OpSetAttrInt: ['void', p, 'str', 'int64_t'],
  TFE_OpSetAttrFloat: ['void', p, 'str', 'float'],
  TFE_OpSetAttrBool: ['void', p, 'str', 'uint8_t'],
  TFE_OpSetAttrType: ['void', p, 'str', 'int'],
  TFE_OpSetAttrShape: ['void', p, 'str', p, 'int', p],
  TFE_OpSetAttrIntList: ['void', p, 'str', p, 'int'],
  TFE_OpSetAttrFloatList: ['void', p, 'str', p, 'int'],
  TFE_OpSetAttrBoolList: ['void', p, 'str', p, 'int'],
  TFE_OpSetAttrTypeList: ['void', p, 'str', p, 'int'],
  TFE_Execute: ['void', p, p, p, p],
  TF_NewGraph: [p],
  TF_DeleteGraph: ['void', p],
  TF_GraphGetOpDef: ['void', p, 'str', p, p],
  TF_NewOperation: [p, p, 'str', 'str'],
  TF_AddInputList: ['void', p, p, 'int'],
  TF_SetAttrString: ['void', p, 'str', p, 'size_t'],
  TF_SetAttrInt: ['void', p, 'str', 'int64_t'],
  TF_SetAttrFloat: ['void', p, 'str', 'float'],
  TF_SetAttrBool: ['void', p, 'str', 'uint8_t'],
  TF_SetAttrType: ['void', p, 'str', 'int'],
  TF_SetAttrShape: ['void', p, 'str', p, 'int'],
  TF_SetAttrIntList: ['void', p, 'str', p, 'int'],
  TF_SetAttrFloatList: ['void', p, 'str', p, 'int'],
  TF_SetAttrBoolList: ['void', p, 'str', p, 'int'],
  TF_SetAttrTypeList: ['void', p, 'str', p, 'int'],
  TF_SetAttrTensor: ['void', p, 'str', p, p],
  TF_FinishOperation: [p, p, p],
  TF_GraphToFunction: [p, p, 'str', 'uint8_t', 'int', p, 'int', p, 'int', p, p, p, p, p],
  TF_DeleteFunction: ['void', p],
  TF_NewServer: [p, p, 'size_t', p],
  TF_ServerStart: ['void', p, p],
};

/**
 * Binds the C API to the two libraries.
 *
 * @throws Error if a symbol is missing, which means another version of TensorFlow
 */
export function bindCApi(koffi: ForeignFunctions, frameworkPath: string, ccPath: string): CApi {
  const libraries = [
    [koffi.load(frameworkPath, { global: true }), framework],
    [koffi.load(ccPath, { global: true }), cc],
  ] as const;
  const api: Record<string, unknown> = {};
  for (const [library, signatures] of libraries) {
    for (const [name, [result, ...parameters]] of Object.entries(signatures)) {
      api[name] = library.func(name, result, parameters);
    }
  }
  const output = koffi.struct({ operation: p, index: 'int' });
  api.TF_AddInput = libraries[1][0].func('TF_AddInput', 'void', [p, output]);
  return api as unknown as CApi;
}
