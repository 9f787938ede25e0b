import { CheckpointFormatError } from '../errors.js';
import type { ByteSource } from './byte-source.js';

const WINDOW_BYTES = 2 ** 20;

/**
 * Reads little-endian values in sequence through a window, so a header of unknown length is parsed without holding the
 * file. Nothing beyond `end` is read.
 */
export class ByteCursor {
  #window = new Uint8Array(0);
  #view = new DataView(this.#window.buffer);
  #windowStart = 0;
  #position: number;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(
    readonly source: ByteSource,
    position: number,
    readonly end: number,
  ) {
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.end - this.#position;
  }

  /** Makes `bytes` available, returns their offset in the window, and moves past them. */
  #take(bytes: number): number {
    this.require(bytes);
    let offset = this.#position - this.#windowStart;
    if (offset + bytes > this.#window.length) {
      this.#window = new Uint8Array(Math.min(this.remaining, Math.max(WINDOW_BYTES, bytes)));
      this.#view = new DataView(this.#window.buffer);
      this.source.readSync(this.#position, this.#window);
      this.#windowStart = this.#position;
      offset = 0;
    }
    this.#position += bytes;
    return offset;
  }

  /** Throws unless `bytes` more are left. Call it before allocating memory for a count. */
  require(bytes: number): void {
    if (bytes > this.remaining) {
      throw new CheckpointFormatError(
        this.source.name,
        `at byte ${this.#position} its header needs ${bytes} more bytes and ${this.remaining} can be left`,
      );
    }
  }

  u8(): number {
    const offset = this.#take(1); // first, as it may replace the window
    return this.#window[offset]!;
  }

  u32(): number {
    const offset = this.#take(4);
    return this.#view.getUint32(offset, true);
  }

  u64(): bigint {
    const offset = this.#take(8);
    return this.#view.getBigUint64(offset, true);
  }

  /** Reads an unsigned 64-bit count and refuses one above `limit`. */
  count(limit: number, what: string): number {
    const value = this.u64();
    if (value > BigInt(limit)) {
      throw new CheckpointFormatError(
        this.source.name,
        `${what} is ${value}, and at most ${limit} is allowed`,
      );
    }
    return Number(value);
  }

  /** A copy of the next bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    this.require(length);
    const offset = this.#take(length);
    return this.#window.slice(offset, offset + length);
  }

  text(length: number): string {
    this.require(length);
    const offset = this.#take(length);
    return this.#decoder.decode(this.#window.subarray(offset, offset + length));
  }
}
