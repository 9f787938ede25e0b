import { formatItems } from '../../../shared/format.js';
import { ApiError } from '../protocol/api-error.js';

/** Lets one request at a time use the model, in the order of their arrival. */
export class Queue {
  private busy = false;
  private readonly waiting: (() => void)[] = [];

  /** @param places how many requests may wait */
  constructor(private readonly places: number) {}

  /**
   * Waits for a turn. The returned function ends the turn and must be called once.
   *
   * @throws ApiError 429 if all places are taken
   * @throws the reason of `signal` if it is aborted before the turn comes
   */
  async turn(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.busy) await this.wait(signal);
    this.busy = true;
    return () => this.next();
  }

  private wait(signal: AbortSignal): Promise<void> {
    if (this.waiting.length >= this.places) {
      const message = `The server is busy, with ${formatItems(this.waiting.length, 'request')} in its queue. Try again later, or start it with a larger --queue.`;
      return Promise.reject(new ApiError(429, message, 'queue_full'));
    }
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.waiting.splice(this.waiting.indexOf(start), 1);
        reject(signal.reason);
      };
      this.waiting.push(start);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  private next(): void {
    const start = this.waiting.shift();
    if (start) start();
    else this.busy = false;
  }
}
