import * as tf from '@tensorflow/tfjs-core';
import { type RotaryTable, rotaryTable } from '../math/rotary.js';
import type { RotaryConfig } from '../spec/rotary-config.js';

/** Rotary tables of any positions: slices of one table that grows on demand. */
export class RotaryPositions {
  private whole: RotaryTable | undefined;

  constructor(
    private readonly config: RotaryConfig,
    private readonly headDim: number,
  ) {}

  /** Positions `[start, start + tokens)`, `[tokens, h]` each. The caller disposes of them or tidies. */
  table(start: number, tokens: number): RotaryTable {
    const { cos, sin } = this.upTo(start + tokens);
    const slice = (of: tf.Tensor) => tf.slice(of, [start, 0], [tokens, this.headDim]);
    return { cos: slice(cos), sin: slice(sin) };
  }

  dispose(): void {
    if (this.whole) tf.dispose([this.whole.cos, this.whole.sin]);
    this.whole = undefined;
  }

  private upTo(end: number): RotaryTable {
    if (this.whole && this.whole.cos.shape[0]! >= end) return this.whole;
    this.dispose();
    const { cos, sin } = rotaryTable(this.config, this.headDim, 0, 2 ** Math.ceil(Math.log2(end)));
    this.whole = { cos: tf.keep(cos), sin: tf.keep(sin) };
    return this.whole;
  }
}
