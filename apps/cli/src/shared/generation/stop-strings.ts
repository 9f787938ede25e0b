/**
 * Ends a text, which arrives in parts, before the first of several strings. The end of a part that may be the beginning of a
 * string is held back until the next part decides it. How the text is divided into parts makes no difference.
 */
export class StopStrings {
  private held = '';
  private ended = false;

  /** @param stops not empty strings */
  constructor(private readonly stops: readonly string[]) {}

  /** Whether one of the strings has come. */
  get stopped(): boolean {
    return this.ended;
  }

  /** Takes a part and returns the text that is certain now. */
  push(part: string): string {
    if (this.ended) return '';
    const text = this.held + part;
    const cut = this.firstStop(text);
    if (cut !== undefined) {
      this.ended = true;
      this.held = '';
      return text.slice(0, cut);
    }
    this.held = text.slice(text.length - this.undecided(text));
    return text.slice(0, text.length - this.held.length);
  }

  /** The text that is still held back, when no more parts come. */
  rest(): string {
    const { held } = this;
    this.held = '';
    return held;
  }

  /** Start of the string that is complete first; of several that end together, of the longest. */
  private firstStop(text: string): number | undefined {
    let first: { readonly start: number; readonly end: number } | undefined;
    for (const stop of this.stops) {
      const start = text.indexOf(stop);
      const end = start + stop.length;
      if (start < 0 || (first && (end > first.end || (end === first.end && start > first.start)))) continue;
      first = { start, end };
    }
    return first?.start;
  }

  /** Length of the longest end of the text that begins one of the strings. */
  private undecided(text: string): number {
    const lengths = this.stops.map((stop) => {
      let length = Math.min(stop.length - 1, text.length);
      while (length > 0 && !text.endsWith(stop.slice(0, length))) length--;
      return length;
    });
    return Math.max(0, ...lengths);
  }
}
