/** Speed and remaining time of a stage. The first call is not counted, because it warms up the engine. */
export class Pace {
  private first: { readonly time: number; readonly done: number } | undefined;
  private done = 0;
  private tokens = 0;

  constructor(private readonly now: () => number = () => performance.now() / 1000) {}

  /** Records progress: the number of things done in all, and the tokens since the last call. */
  step({ done, tokens }: { readonly done: number; readonly tokens: number }): void {
    this.done = done;
    if (this.first) this.tokens += tokens;
    else this.first = { time: this.now(), done };
  }

  private get elapsed(): number {
    return this.first ? this.now() - this.first.time : 0;
  }

  private get counted(): number {
    return this.first ? this.done - this.first.done : 0;
  }

  /** Tokens per second. Undefined after fewer than two calls. */
  get tokensPerSecond(): number | undefined {
    return this.counted > 0 && this.elapsed > 0 ? this.tokens / this.elapsed : undefined;
  }

  /** Seconds until `total` things are done. Undefined after fewer than two calls. */
  secondsUntil(total: number): number | undefined {
    return this.counted > 0 ? ((total - this.done) * this.elapsed) / this.counted : undefined;
  }
}
