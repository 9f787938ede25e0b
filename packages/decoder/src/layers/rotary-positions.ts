import * as tf from '@tensorflow/tfjs-core';
import { mapTable, type RotaryTable, rotaryOf, rotaryTable } from '../math/rotary.js';
import { frequencyRegime } from '../math/rotary-frequencies.js';
import type { DecoderConfig } from '../spec/config.js';
import type { RotaryConfig } from '../spec/rotary-config.js';

/** The positions of one pass: a table for each rotation that a layer of the model has. */
export type Positions = ReadonlyMap<RotaryConfig | undefined, RotaryTable>;

/** Rotary tables of any positions: slices of tables that grow on demand. */
export class RotaryPositions {
  private readonly tables: ReadonlyMap<RotaryConfig | undefined, GrowingTable>;

  constructor({ attention, headDim }: Pick<DecoderConfig, 'attention' | 'headDim'>) {
    const rotations = new Set(attention.map(({ rotary }) => rotary));
    this.tables = new Map([...rotations].map((config) => [config, new GrowingTable(config, headDim)]));
  }

  /**
   * Positions `[start, start + tokens)`, `[tokens, h]` each. The caller disposes of them or tidies.
   *
   * @param length of the whole text, on which some rotations depend. Default: up to the last position.
   */
  range(start: number, tokens: number, length: number = start + tokens): Positions {
    return this.map((table) => table.range(start, tokens, length));
  }

  /** The `positions [B·T]` of tokens in `rows` rows, `[rows, 1, 1, T, h]` each. */
  of(positions: Int32Array, rows: number): Positions {
    const length = positions.reduce((longest, position) => Math.max(longest, position + 1), 1);
    return this.map((table) => rotaryOf(table.range(0, length, length), positions, rows));
  }

  /** Whether keys of the first `before` tokens have another rotation once a text has `after` tokens. */
  changes(before: number, after: number): boolean {
    return [...this.tables.keys()].some(
      (config) =>
        config?.scaling === 'longrope' && frequencyRegime(config, before) !== frequencyRegime(config, after),
    );
  }

  dispose(): void {
    for (const table of this.tables.values()) table.dispose();
  }

  private map(of: (table: GrowingTable) => RotaryTable): Positions {
    return new Map([...this.tables].map(([config, table]) => [config, of(table)]));
  }
}

/** One table from position 0 on. */
class GrowingTable {
  private whole: RotaryTable | undefined;
  private regime = 0;

  constructor(
    private readonly config: RotaryConfig | undefined,
    private readonly headDim: number,
  ) {}

  range(start: number, tokens: number, length: number): RotaryTable {
    return mapTable(this.upTo(start + tokens, length), (of) =>
      tf.slice(of, [start, 0], [tokens, of.shape[1]!]),
    );
  }

  dispose(): void {
    if (this.whole) tf.dispose({ ...this.whole });
    this.whole = undefined;
  }

  private upTo(end: number, read: number): RotaryTable {
    const regime = frequencyRegime(this.config, read);
    if (this.whole && this.regime === regime && this.whole.cos.shape[0]! >= end) return this.whole;
    this.dispose();
    const length = 2 ** Math.ceil(Math.log2(end));
    this.regime = regime;
    this.whole = mapTable(rotaryTable(this.config, this.headDim, length, read), (of) => tf.keep(of));
    return this.whole;
  }
}

export function disposePositions(positions: Positions): void {
  for (const table of positions.values()) tf.dispose({ ...table });
}
