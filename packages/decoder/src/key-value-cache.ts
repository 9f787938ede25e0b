import * as tf from '@tensorflow/tfjs-core';
import { AttentionLayer } from './attention-layer.js';
import type { RotaryTable } from './rotary.js';
import type { KeyValues, Sublayer } from './sublayer.js';

/** Keys and values of what a model has read, layer by layer, so that reading goes on from there. */
export class KeyValueCache {
  private readonly layers = new Map<Sublayer, KeyValues>();
  private tokens = 0;

  constructor(private readonly sublayers: readonly Sublayer[]) {}

  /** Tokens read so far. */
  get length(): number {
    return this.tokens;
  }

  /**
   * Reads `T` more tokens of each row.
   *
   * @param x `[B·T, d]` embeddings.
   * @param rotary the table of their positions, `[T, h]`.
   * @returns `[B·T, d]` hidden states before the final norm.
   */
  read(x: tf.Tensor, rotary: RotaryTable): tf.Tensor {
    this.tokens += rotary.cos.shape[0]!;
    let hidden = x;
    for (const sublayer of this.sublayers) {
      if (!(sublayer instanceof AttentionLayer)) {
        hidden = sublayer.forward(hidden, rotary);
        continue;
      }
      const stored = this.layers.get(sublayer);
      const { y, key, value } = sublayer.forwardCached(hidden, rotary, stored);
      if (stored) tf.dispose([stored.key, stored.value]);
      this.layers.set(sublayer, { key: tf.keep(key), value: tf.keep(value) });
      hidden = y;
    }
    return hidden;
  }

  dispose(): void {
    for (const { key, value } of this.layers.values()) tf.dispose([key, value]);
    this.layers.clear();
  }
}
