import type { CApi, Pointer } from '../c-api/c-api.js';
import type { Cluster } from '../workers/cluster.js';
import { type ContextConfig, contextConfig } from '../c-api/config-proto.js';
import { OpSchemas } from '../c-api/op-schema.js';
import { checkStatus } from '../c-api/status.js';
import { TensorStore } from './tensor-store.js';

export interface Device {
  /** TensorFlow's name, e.g. '/job:localhost/replica:0/task:0/device:GPU:0'. */
  name: string;
  type: string;
  /** Memory TensorFlow will use at most; it does not know a CPU's and says 256 MiB. */
  memoryBytes: number;
  /** `host:port` of the worker it belongs to; absent: this process's own. */
  worker?: string;
}

/** One TensorFlow eager context, with what belongs to it. */
export class EagerContext {
  /** Receives the outcome of every call; nothing here runs concurrently. */
  readonly status: Pointer;
  readonly pointer: Pointer;
  readonly schemas: OpSchemas;
  readonly tensors: TensorStore;
  /** Those of workers come after the process's own. */
  readonly devices: readonly Device[];
  #functionCount = 0;

  constructor(
    readonly c: CApi,
    config: ContextConfig,
    private readonly cluster?: Cluster,
  ) {
    this.status = c.TF_NewStatus();
    const proto = contextConfig(config);
    const options = c.TFE_NewContextOptions();
    try {
      c.TFE_ContextOptionsSetConfig(options, proto, proto.length, this.status);
      this.check('TFE_ContextOptionsSetConfig');
      this.pointer = c.TFE_NewContext(options, this.status);
      this.check('TFE_NewContext');
    } finally {
      c.TFE_DeleteContextOptions(options);
    }
    cluster?.connect(c, this.pointer, this.status, proto);
    this.devices = this.#listDevices();
    this.schemas = new OpSchemas(c, this.status);
    const check = (operation: string, device?: string) => this.check(operation, device);
    const own = { cpu: this.#own('CPU')!.name, gpu: this.gpu?.name };
    this.tensors = new TensorStore(c, this.pointer, this.status, check, own);
  }

  /** The process's own first GPU. */
  get gpu(): Device | undefined {
    return this.#own('GPU');
  }

  /**
   * Throws what the last call reported, if it failed.
   *
   * @param device where the call had to do with a worker's
   * @throws TensorFlowOpError, WorkerLostError
   */
  check(operation: string, device?: string): void {
    const code = this.c.TF_GetCode(this.status);
    if (code === 0) return;
    const lost = this.cluster?.lostWorker(code, this.c.TF_Message(this.status), device);
    if (lost) throw lost;
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

  #own(type: string): Device | undefined {
    return this.devices.find((device) => device.worker === undefined && device.type === type);
  }

  #listDevices(): Device[] {
    const { c, cluster, status } = this;
    const list = c.TFE_ContextListDevices(this.pointer, status);
    this.check('TFE_ContextListDevices');
    const devices = Array.from({ length: c.TF_DeviceListCount(list) }, (_, index): Device => {
      const name = c.TF_DeviceListName(list, index, status);
      const worker = cluster?.addressOf(name);
      return {
        name,
        type: c.TF_DeviceListType(list, index, status),
        memoryBytes: c.TF_DeviceListMemoryBytes(list, index, status),
        ...(worker === undefined ? {} : { worker }),
      };
    });
    c.TF_DeleteDeviceList(list);
    return devices;
  }
}
