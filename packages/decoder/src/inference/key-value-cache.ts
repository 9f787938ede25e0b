import * as tf from '@tensorflow/tfjs-core';
import { AttentionLayer } from '../layers/attention-layer.js';
import type { Pass } from '../layers/prepared-layers.js';
import type { Positions } from '../layers/rotary-positions.js';
import type { CachePlace, KeyValues, Sublayer } from '../layers/sublayer.js';
import { placeAt, roomFor, stillSeen, withRoom } from './cache-room.js';

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
    const past = this.tokens;
    this.tokens += tokens;
    // One row is bound by what surrounds its small products; many rows by the products, and copies of the cache.
    const isStep = past > 0 && x.shape[0] === 1;
    const place = isStep ? placeAt(past, roomFor(this.tokens)) : undefined;
    let hidden = x;
    for (const pass of passes) {
      const y = tf.tidy(() => this.through(pass, hidden, positions, past, place));
      hidden.dispose();
      hidden = y;
    }
    if (place) tf.dispose([place.slot, place.visible]);
    return hidden;
  }

  private through(
    { sublayer, tensors }: Pass,
    x: tf.Tensor,
    positions: Positions,
    past: number,
    place: CachePlace | undefined,
  ): tf.Tensor {
    if (!(sublayer instanceof AttentionLayer)) return sublayer.forward(x, tensors, positions);
    const stored = this.layers.get(sublayer);
    const { window } = sublayer;
    const at = stored && this.tokens <= (window ?? Infinity) ? place : undefined;
    const before = stored && (at ? withRoom(stored, at.slot.shape[0]!) : stillSeen(stored, past, window));
    const { y, ...read } = sublayer.forwardCached(x, tensors, positions, before, at);
    if (stored) tf.dispose([stored.key, stored.value]);
    const { key, value } = at ? read : stillSeen(read, this.tokens, window);
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
