import { connect } from 'node:net';
import type { CApi, Pointer } from '../c-api/c-api.js';
import { TensorFlowSetupError, WorkerLostError } from '../errors.js';
import { listeningSockets, restrictToLoopback } from './loopback.js';
import { encodeServerDef } from './server-def.js';

/** The job that all workers of a process belong to. */
export const workerJob = 'worker';
/** The job of a process on its own, and of the one that has workers. */
const ownJob = 'localhost';

/** Beyond these a worker counts as lost. One that is busy still answers pings, a process that ended is noticed at once. */
const keepAlive = { afterMs: 120_000, timeoutMs: 20_000 };
/** A worker forgets a process that it has not heard of for so long; TensorFlow's own threads tell it meanwhile. */
const rememberSeconds = 60;
const connectMs = 10_000;

/** TF_Code */
const unavailable = 14;

/**
 * How gRPC goes about workers that are gone, set before the first connection. Without the first, an operation on one
 * waits for ever for it to come back; the others notice a machine that vanished or stands still.
 */
function setGrpcOptions(): void {
  process.env.TF_ENABLE_EAGER_CLIENT_STREAMING_ENQUEUE = 'false';
  process.env.TF_GRPC_DEFAULT_OPTIONS ??= `grpc.keepalive_time_ms=${keepAlive.afterMs},grpc.keepalive_timeout_ms=${keepAlive.timeoutMs}`;
}

/** Host and port of `host:port`; an IPv6 host stands in brackets. */
function hostAndPort(address: string): { host: string; port: number } {
  const [, host, port] = /^(.+):(\d+)$/.exec(address) ?? [];
  if (!host || Number(port) < 1 || Number(port) > 65_535) {
    throw new TensorFlowSetupError('worker', `'${address}' is no address of a worker.`, 'Write host:port.');
  }
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

/**
 * Sees to it that something listens at each address, so that a message can name the one where nothing does.
 *
 * @throws TensorFlowSetupError ('worker')
 */
export async function reachWorkers(addresses: readonly string[]): Promise<void> {
  const twice = addresses.find((address, i) => addresses.indexOf(address) !== i);
  if (twice !== undefined)
    throw new TensorFlowSetupError('worker', `The worker ${twice} is named twice.`, 'Name each once.');
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
          'Start one there, or correct the address.',
        ),
      );
    };
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => fail('no answer in time'));
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
  });
}

/** The workers of one context, by the task numbers that TensorFlow's device names have. */
export class Cluster {
  constructor(readonly addresses: readonly string[]) {}

  /**
   * Makes a context's workers known to it. It must have no functions yet: workers learn those that come later.
   *
   * @param config the context's own ConfigProto, without which it would make its devices anew
   * @throws TensorFlowSetupError ('worker')
   */
  connect(c: CApi, context: Pointer, status: Pointer, config: Uint8Array): void {
    setGrpcOptions();
    const def = encodeServerDef({
      jobs: [
        // Nobody needs to reach this process: any port will do.
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
        `The workers ${this.addresses.join(', ')} cannot be used: ${firstLine(c.TF_Message(status))}.`,
        'Each must run this TensorFlow, under the port that its address names.',
      );
    }
    restrictToLoopback(before);
  }

  /** The worker of a device; undefined for a device of this process. */
  addressOf(device: string): string | undefined {
    const task = new RegExp(`/job:${workerJob}/replica:0/task:(\\d+)`).exec(device)?.[1];
    return task === undefined ? undefined : this.addresses[Number(task)];
  }

  /** The error of a failed call, if the reason is that a worker is gone. */
  lostWorker(status: number, message: string, device: string | undefined): WorkerLostError | undefined {
    // A worker that was started again does not know the context.
    if (status !== unavailable && !/context_id/.test(message)) return undefined;
    const remote = /remote target (\S+)/.exec(message)?.[1];
    const address = this.addressOf(remote ?? '') ?? this.addressOf(device ?? '');
    return address === undefined ? undefined : new WorkerLostError(address, firstLine(message));
  }
}

const firstLine = (message: string): string => message.split('\n')[0]!.replace(/\.$/, '');
