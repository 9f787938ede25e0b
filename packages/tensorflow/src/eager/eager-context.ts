import type { CApi, Pointer } from '../c-api/c-api.js';
import { type ContextConfig, contextConfig } from '../c-api/config-proto.js';
import { OpSchemas } from '../c-api/op-schema.js';
import { checkStatus } from '../c-api/status.js';
import { TensorFlowClosedError } from '../errors.js';
import type { Cluster } from '../workers/cluster.js';
import { claimContext } from './one-context.js';
import { TensorStore } from './tensor-store.js';

export interface Device {
  /** TensorFlow's name, for example '/job:localhost/replica:0/task:0/device:GPU:0'. */
  name: string;
  /** 'CPU', 'GPU', … */
  type: string;
  /** Memory limit in bytes. For a CPU, TensorFlow always reports 256 MiB. */
  memoryBytes: number;
  /** `host:port` of the worker that has the device. Absent: this process. */
  worker?: string;
}

/** TensorFlow's eager context. A process has one at a time. */
export class EagerContext {
  readonly schemas: OpSchemas;
  readonly tensors: TensorStore;
  /** Devices of this process, then those of workers. */
  readonly devices: readonly Device[];
  /** Functions that XLA has compiled, each with the shapes of its arguments. */
  readonly compilations = new Set<string>();
  readonly #status: Pointer;
  readonly #pointer: Pointer;
  readonly #release: () => void;
  #closed = false;
  #functionCount = 0;

  /** @throws TensorFlowSetupError ('already-open', 'worker'), TensorFlowOpError */
  constructor(
    readonly c: CApi,
    config: ContextConfig,
    private readonly cluster?: Cluster,
  ) {
    this.#release = claimContext();
    this.#status = c.TF_NewStatus();
    let pointer: Pointer | undefined;
    try {
      const proto = contextConfig(config);
      pointer = this.#create(proto);
      this.#pointer = pointer;
      cluster?.connect(c, pointer, this.#status, proto);
      this.devices = this.#listDevices();
    } catch (error) {
      if (pointer) c.TFE_DeleteContext(pointer);
      c.TF_DeleteStatus(this.#status);
      this.#release();
      throw error;
    }
    this.schemas = new OpSchemas(c, this.#status);
    this.tensors = new TensorStore(this, { cpu: this.#own('CPU')!.name, gpu: this.gpu?.name });
  }

  /**
   * TFE_Context
   *
   * @throws TensorFlowClosedError
   */
  get pointer(): Pointer {
    if (this.#closed) throw new TensorFlowClosedError();
    return this.#pointer;
  }

  /**
   * TF_Status, set by every call. Calls never overlap.
   *
   * @throws TensorFlowClosedError
   */
  get status(): Pointer {
    if (this.#closed) throw new TensorFlowClosedError();
    return this.#status;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The first GPU of this process. */
  get gpu(): Device | undefined {
    return this.#own('GPU');
  }

  /**
   * Throws if the last call failed.
   *
   * @param device the worker's device that the call used
   * @throws TensorFlowOpError, WorkerLostError
   */
  check(operation: string, device?: string): void {
    const code = this.c.TF_GetCode(this.#status);
    if (code === 0) return;
    const lost = this.cluster?.lostWorker(code, this.c.TF_Message(this.#status), device);
    if (lost) throw lost;
    checkStatus(this.c, this.#status, operation);
  }

  /** A function name that this context has not used yet. */
  uniqueName(name: string): string {
    return `${name.replace(/[^A-Za-z0-9_]/g, '_')}_${this.#functionCount++}`;
  }

  /** Removes a registered function. Does nothing after `dispose`. */
  removeFunction(name: string): void {
    if (this.#closed) return;
    this.c.TFE_ContextRemoveFunction(this.#pointer, name, this.#status);
    this.check('TFE_ContextRemoveFunction');
  }

  /** Frees every tensor and the context. Everything that uses it afterwards throws TensorFlowClosedError. */
  dispose(): void {
    if (this.#closed) return;
    this.tensors.dispose();
    this.schemas.dispose();
    this.#closed = true;
    this.c.TFE_DeleteContext(this.#pointer);
    this.c.TF_DeleteStatus(this.#status);
    this.#release();
  }

  #create(proto: Uint8Array): Pointer {
    const { c } = this;
    const options = c.TFE_NewContextOptions();
    try {
      c.TFE_ContextOptionsSetConfig(options, proto, proto.length, this.#status);
      this.check('TFE_ContextOptionsSetConfig');
      const pointer = c.TFE_NewContext(options, this.#status);
      this.check('TFE_NewContext');
      return pointer;
    } finally {
      c.TFE_DeleteContextOptions(options);
    }
  }

  #own(type: string): Device | undefined {
    return this.devices.find((device) => device.worker === undefined && device.type === type);
  }

  #listDevices(): Device[] {
    const { c, cluster } = this;
    const status = this.#status;
    const list = c.TFE_ContextListDevices(this.#pointer, status);
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
