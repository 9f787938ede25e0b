import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { ByteSource } from '../../bytes/byte-source.js';
import { fillPart, type Part, splitPart } from './part.js';

/** Bytes of packed blocks from which a tensor is worth several threads. */
const LEAST_BYTES = 2 ** 22;
/** More were not measured. */
const MOST_THREADS = 8;

/** A file that threads read too. */
export type OpenFile = Required<Pick<ByteSource, 'name' | 'descriptor' | 'size'>>;

/** Dequantises tensors on all cores, if they are large and in a file. Threads start with the first such tensor. */
export class PartThreads {
  readonly #file: OpenFile | undefined;
  #threads: readonly PartThread[] | undefined;

  /** @param count threads, this one included. Default: one for each core, at most eight. */
  constructor(
    private readonly source: ByteSource,
    private readonly count = Math.min(MOST_THREADS, availableParallelism()),
  ) {
    const { name, descriptor, size } = source;
    if (descriptor !== undefined && count > 1) this.#file = { name, descriptor, size };
  }

  /** Memory for a tensor with so many packed bytes. Threads can share it if there are several for it. */
  allocate(bytes: number, packedBytes: number): ArrayBuffer | SharedArrayBuffer {
    return this.#file && packedBytes >= LEAST_BYTES ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
  }

  /**
   * Fills `part.out`, whose memory is of {@link PartThreads.allocate}.
   *
   * @throws CheckpointReadError
   */
  async fill(part: Part): Promise<void> {
    const file = this.#file;
    if (!file || part.byteLength < LEAST_BYTES) return fillPart(this.source, part);
    this.#threads ??= Array.from({ length: this.count - 1 }, () => new PartThread(file));
    const threads = this.#threads;
    const [own, ...others] = splitPart(part, this.count);
    const filled = others.map((other, i) => threads[i]!.fill(other));
    await fillPart(this.source, own!);
    for (const [i, other] of others.entries()) if (!(await filled[i])) await fillPart(this.source, other);
  }

  /** Ends the threads. The file must be open until then. */
  async close(): Promise<void> {
    await Promise.all((this.#threads ?? []).map((thread) => thread.close()));
    this.#threads = undefined;
  }
}

/** A thread that fills parts. It may be absent: a bundle can leave its file out, and Node's permissions can forbid it. */
class PartThread {
  #worker: Worker | undefined;
  /** Of the parts that were sent and are not filled, in order. */
  readonly #waiting: ((filled: boolean) => void)[] = [];

  constructor(file: OpenFile) {
    try {
      this.#worker = new Worker(new URL('./part-thread.js', import.meta.url), { workerData: file });
    } catch {
      return;
    }
    this.#worker.unref(); // an idle thread does not keep the process
    this.#worker.on('message', () => {
      this.#waiting.shift()!(true);
      if (this.#waiting.length === 0) this.#worker?.unref();
    });
    this.#worker.on('error', () => {}); // its exit follows
    this.#worker.on('exit', () => {
      this.#worker = undefined;
      for (const answer of this.#waiting.splice(0)) answer(false);
    });
  }

  /** @returns whether the thread filled the part */
  async fill(part: Part): Promise<boolean> {
    if (!this.#worker) return false;
    this.#worker.ref();
    this.#worker.postMessage(part);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }
}
