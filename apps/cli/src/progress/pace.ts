/** How fast a stage goes and when it will be done. The first step is left out: it warms the engine up. */
export class Pace {
  private start: number | undefined;
  private counted = { steps: 0, tokens: 0 };

  constructor(private readonly now: () => number = () => performance.now() / 1000) {}

  /** Call after each step. */
  step(tokens: number): void {
    if (this.start === undefined) {
      this.start = this.now();
      return;
    }
    this.counted = { steps: this.counted.steps + 1, tokens: this.counted.tokens + tokens };
  }

  private get elapsed(): number {
    return this.start === undefined ? 0 : this.now() - this.start;
  }

  /** Tokens a second, once there is something to go by. */
  get tokensPerSecond(): number | undefined {
    return this.counted.steps > 0 && this.elapsed > 0 ? this.counted.tokens / this.elapsed : undefined;
  }

  /** Seconds that `steps` more will take. */
  secondsFor(steps: number): number | undefined {
    return this.counted.steps > 0 ? (steps * this.elapsed) / this.counted.steps : undefined;
  }
}
