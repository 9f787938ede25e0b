import * as tf from '@tensorflow/tfjs-core';
import { AttentionLayer } from '../layers/attention-layer.js';
import type { Pass } from '../layers/prepared-layers.js';
import type { KeyValues, Sublayer } from '../layers/sublayer.js';
import type { RotaryTable } from '../math/rotary.js';

/** Gated keys and values of the tokens that a model has read, layer by layer, so that it can read on from there. */
export class KeyValueCache {
  private readonly layers = new Map<Sublayer, KeyValues>();
  private tokens = 0;

  /** Number of tokens read so far. */
  get length(): number {
    return this.tokens;
  }

  /**
   * Reads `T` more tokens of each row.
   *
   * @param x `[B·T, d]` embeddings; disposed of.
   * @param rotary the table of their positions, `[T, h]`.
   * @returns `[B·T, d]` hidden states before the final norm.
   */
  read(passes: readonly Pass[], x: tf.Tensor, rotary: RotaryTable): tf.Tensor {
    this.tokens += rotary.cos.shape[0]!;
    let hidden = x;
    for (const pass of passes) {
      const y = tf.tidy(() => this.through(pass, hidden, rotary));
      hidden.dispose();
      hidden = y;
    }
    return hidden;
  }

  private through({ sublayer, tensors }: Pass, x: tf.Tensor, rotary: RotaryTable): tf.Tensor {
    if (!(sublayer instanceof AttentionLayer)) return sublayer.forward(x, tensors, rotary);
    const stored = this.layers.get(sublayer);
    const { y, key, value } = sublayer.forwardCached(x, tensors, rotary, stored);
    if (stored) tf.dispose([stored.key, stored.value]);
    this.layers.set(sublayer, { key: tf.keep(key), value: tf.keep(value) });
    return y;
  }

  dispose(): void {
    for (const { key, value } of this.layers.values()) tf.dispose([key, value]);
    this.layers.clear();
  }
}
