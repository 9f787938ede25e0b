import { connect } from 'node:net';
import type { CApi, Pointer } from '../c-api/c-api.js';
import { unavailable } from '../c-api/status.js';
import { TensorFlowSetupError, WorkerLostError } from '../errors.js';
import { listeningSockets, restrictToLoopback } from './loopback.js';
import { encodeServerDef } from './server-def.js';

/** TensorFlow's job name of all workers. */
export const workerJob = 'worker';
/** TensorFlow's job name of the process that uses workers. */
const ownJob = 'localhost';

/** A worker that does not answer a ping in time is lost. Busy workers answer; a closed connection is noticed at once. */
const keepAlive = { afterMs: 120_000, timeoutMs: 20_000 };
/** A worker forgets a process that is silent for this long. TensorFlow's threads send signs of life. */
const rememberSeconds = 60;
const connectMs = 10_000;

/**
 * Configures how gRPC treats lost workers. It must be called before the first connection. Without the first setting, an
 * operation on a lost worker waits forever. The others detect a machine that is down or frozen.
 */
function setGrpcOptions(): void {
  process.env.TF_ENABLE_EAGER_CLIENT_STREAMING_ENQUEUE = 'false';
  process.env.TF_GRPC_DEFAULT_OPTIONS ??= `grpc.keepalive_time_ms=${keepAlive.afterMs},grpc.keepalive_timeout_ms=${keepAlive.timeoutMs}`;
}

/** Splits `host:port`. An IPv6 host is in brackets. */
function hostAndPort(address: string): { host: string; port: number } {
  const [, host, port] = /^(.+):(\d+)$/.exec(address) ?? [];
  if (!host || Number(port) < 1 || Number(port) > 65_535) {
    throw new TensorFlowSetupError(
      'worker',
      `'${address}' is not the address of a worker.`,
      'Write host:port.',
    );
  }
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

/**
 * Checks that something listens at each address. TensorFlow's own error would not name the address.
 *
 * @throws TensorFlowSetupError ('worker')
 */
export async function reachWorkers(addresses: readonly string[]): Promise<void> {
  const twice = addresses.find((address, i) => addresses.indexOf(address) !== i);
  if (twice !== undefined)
    throw new TensorFlowSetupError(
      'worker',
      `The worker ${twice} is listed twice.`,
      'List each worker once.',
    );
  await Promise.all(addresses.map(reach));
}

function reach(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...hostAndPort(address), timeout: connectMs });
    const fail = (why: string): void => {
      socket.destroy();
      reject(
        new TensorFlowSetupError(
          'worker',
          `No worker answers at ${address} (${why}).`,
          'Start a worker there, or correct the address.',
        ),
      );
    };
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => fail('timeout'));
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
  });
}

/** The workers of one context. The task number in a device name is the index of its worker. */
export class Cluster {
  constructor(readonly addresses: readonly string[]) {}

  /**
   * Connects a context to the workers. The context must not have functions yet: workers only receive later ones.
   *
   * @param config the ConfigProto of the context. Without it, the context would create its devices again
   * @throws TensorFlowSetupError ('worker')
   */
  connect(c: CApi, context: Pointer, status: Pointer, config: Uint8Array): void {
    setGrpcOptions();
    const def = encodeServerDef({
      jobs: [
        // No other process connects to this one, so the port does not matter.
        { name: ownJob, addresses: ['localhost:0'] },
        { name: workerJob, addresses: this.addresses },
      ],
      job: ownJob,
      task: 0,
      config,
    });
    const before = listeningSockets();
    c.TFE_ContextSetServerDefWithTimeoutAndRetries(
      context,
      rememberSeconds,
      def,
      def.length,
      connectMs,
      0,
      status,
      false,
    );
    if (c.TF_GetCode(status) !== 0) {
      throw new TensorFlowSetupError(
        'worker',
        `Cannot connect to the workers ${this.addresses.join(', ')}: ${firstLine(c.TF_Message(status))}.`,
        'Each must run the same TensorFlow version, on the port of its address.',
      );
    }
    restrictToLoopback(before);
  }

  /** The address of a device's worker. Undefined for a device of this process. */
  addressOf(device: string): string | undefined {
    const task = new RegExp(`/job:${workerJob}/replica:0/task:(\\d+)`).exec(device)?.[1];
    return task === undefined ? undefined : this.addresses[Number(task)];
  }

  /** The error for a failed call, if a worker is lost. */
  lostWorker(status: number, message: string, device: string | undefined): WorkerLostError | undefined {
    // A worker that was restarted does not know the context.
    if (status !== unavailable && !/context_id/.test(message)) return undefined;
    const remote = /remote target (\S+)/.exec(message)?.[1];
    const address = this.addressOf(remote ?? '') ?? this.addressOf(device ?? '');
    return address === undefined ? undefined : new WorkerLostError(address, firstLine(message));
  }
}

const firstLine = (message: string): string => message.split('\n')[0]!.replace(/\.$/, '');
