import type { CApi, Pointer } from './c-api.js';
import { type ContextConfig, contextConfig } from './config-proto.js';
import { OpSchemas } from './op-schema.js';
import { checkStatus } from './status.js';
import { TensorStore } from './tensor-store.js';

export interface Device {
  /** TensorFlow's name, e.g. '/job:localhost/replica:0/task:0/device:GPU:0'. */
  name: string;
  type: string;
  /** Memory TensorFlow will use at most; it does not know a CPU's and says 256 MiB. */
  memoryBytes: number;
}

/** One TensorFlow eager context, with what belongs to it. */
export class EagerContext {
  /** Receives the outcome of every call; nothing here runs concurrently. */
  readonly status: Pointer;
  readonly pointer: Pointer;
  readonly schemas: OpSchemas;
  readonly tensors: TensorStore;
  readonly devices: readonly Device[];
  #functionCount = 0;

  constructor(
    readonly c: CApi,
    config: ContextConfig,
  ) {
    this.status = c.TF_NewStatus();
    const options = c.TFE_NewContextOptions();
    try {
      const proto = contextConfig(config);
      c.TFE_ContextOptionsSetConfig(options, proto, proto.length, this.status);
      this.check('TFE_ContextOptionsSetConfig');
      this.pointer = c.TFE_NewContext(options, this.status);
      this.check('TFE_NewContext');
    } finally {
      c.TFE_DeleteContextOptions(options);
    }
    this.devices = listDevices(c, this.pointer, this.status);
    this.schemas = new OpSchemas(c, this.status);
    this.tensors = new TensorStore(c, this.pointer, this.status, this.gpu?.name);
  }

  get gpu(): Device | undefined {
    return this.devices.find((device) => device.type === 'GPU');
  }

  /** @throws TensorFlowOpError if the last call failed. */
  check(operation: string): void {
    checkStatus(this.c, this.status, operation);
  }

  /** A function name that no other function of this context has. */
  uniqueName(name: string): string {
    return `${name.replace(/[^A-Za-z0-9_]/g, '_')}_${this.#functionCount++}`;
  }

  removeFunction(name: string): void {
    this.c.TFE_ContextRemoveFunction(this.pointer, name, this.status);
    this.check('TFE_ContextRemoveFunction');
  }

  dispose(): void {
    this.tensors.dispose();
    this.schemas.dispose();
    this.c.TFE_DeleteContext(this.pointer);
    this.c.TF_DeleteStatus(this.status);
  }
}

function listDevices(c: CApi, context: Pointer, status: Pointer): Device[] {
  const list = c.TFE_ContextListDevices(context, status);
  checkStatus(c, status, 'TFE_ContextListDevices');
  const devices = Array.from({ length: c.TF_DeviceListCount(list) }, (_, index) => ({
    name: c.TF_DeviceListName(list, index, status),
    type: c.TF_DeviceListType(list, index, status),
    memoryBytes: c.TF_DeviceListMemoryBytes(list, index, status),
  }));
  c.TF_DeleteDeviceList(list);
  return devices;
}
