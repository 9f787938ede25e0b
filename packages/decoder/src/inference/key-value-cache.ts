import * as tf from '@tensorflow/tfjs-core';
import { AttentionLayer } from '../layers/attention-layer.js';
import type { Pass } from '../layers/prepared-layers.js';
import type { Positions } from '../layers/rotary-positions.js';
import type { KeyValues, Sublayer } from '../layers/sublayer.js';

/**
 * Gated keys and values of the tokens that a model has read, layer by layer, so that it can read on from there. A layer
 * with a window holds those that its window still reaches.
 */
export class KeyValueCache {
  private readonly layers = new Map<Sublayer, KeyValues>();
  private tokens = 0;

  /** Number of tokens read so far. */
  get length(): number {
    return this.tokens;
  }

  /**
   * Reads `tokens` more tokens of each row, `T`.
   *
   * @param x `[B·T, d]` embeddings; disposed of.
   * @param positions of the tokens, in every row the same.
   * @returns `[B·T, d]` hidden states before the final norm.
   */
  read(passes: readonly Pass[], x: tf.Tensor, positions: Positions, tokens: number): tf.Tensor {
    this.tokens += tokens;
    let hidden = x;
    for (const pass of passes) {
      const y = tf.tidy(() => this.through(pass, hidden, positions));
      hidden.dispose();
      hidden = y;
    }
    return hidden;
  }

  private through({ sublayer, tensors }: Pass, x: tf.Tensor, positions: Positions): tf.Tensor {
    if (!(sublayer instanceof AttentionLayer)) return sublayer.forward(x, tensors, positions);
    const stored = this.layers.get(sublayer);
    const { y, key, value } = sublayer.forwardCached(x, tensors, positions, stored);
    if (stored) tf.dispose([stored.key, stored.value]);
    this.layers.set(sublayer, { key: tf.keep(key), value: tf.keep(value) });
    return y;
  }

  /** Forgets all tokens. */
  dispose(): void {
    for (const { key, value } of this.layers.values()) tf.dispose([key, value]);
    this.layers.clear();
    this.tokens = 0;
  }
}
