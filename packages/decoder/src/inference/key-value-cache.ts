import * as tf from '@tensorflow/tfjs-core';
import { AttentionLayer } from '../layers/attention-layer.js';
import type { RotaryTable } from '../math/rotary.js';
import type { KeyValues, Sublayer } from '../layers/sublayer.js';

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
   * @param x `[B·T, d]` embeddings, disposed of.
   * @param rotary the table of their positions, `[T, h]`.
   * @returns `[B·T, d]` hidden states before the final norm.
   */
  read(x: tf.Tensor, rotary: RotaryTable): tf.Tensor {
    this.tokens += rotary.cos.shape[0]!;
    let hidden = x;
    for (const sublayer of this.sublayers) {
      const y = tf.tidy(() => this.through(sublayer, hidden, rotary));
      hidden.dispose();
      hidden = y;
    }
    return hidden;
  }

  private through(sublayer: Sublayer, x: tf.Tensor, rotary: RotaryTable): tf.Tensor {
    if (!(sublayer instanceof AttentionLayer)) return sublayer.forward(x, rotary);
    const stored = this.layers.get(sublayer);
    const { y, key, value } = sublayer.forwardCached(x, rotary, stored);
    if (stored) tf.dispose([stored.key, stored.value]);
    this.layers.set(sublayer, { key: tf.keep(key), value: tf.keep(value) });
    return y;
  }

  dispose(): void {
    for (const { key, value } of this.layers.values()) tf.dispose([key, value]);
    this.layers.clear();
  }
}
