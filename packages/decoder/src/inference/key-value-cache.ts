import * as tf from '@tensorflow/tfjs-core';
import { AttentionLayer } from '../layers/attention-layer.js';
import type { Pass } from '../layers/prepared-layers.js';
import type { Positions } from '../layers/rotary-positions.js';
import type { CachePlace, KeyValues, Sublayer } from '../layers/sublayer.js';
import { placeAt, roomFor, stillSeen, withRoom } from './cache-room.js';
import type { WholeStep } from './whole-step.js';

/** Most entries of all keys and values that one function may read and write: both exist at once. */
const MOST_ENTRIES = 2 ** 25;

/**
 * Gated keys and values of the tokens that a model has read, layer by layer, so that it can read on from there. A layer
 * with a window holds those that its window still reaches.
 */
export class KeyValueCache {
  private readonly layers = new Map<Sublayer, KeyValues>();
  private tokens = 0;

  constructor(private readonly step: WholeStep | undefined) {}

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
    const isSmall = isStep && this.entriesAt(roomFor(this.tokens)) <= MOST_ENTRIES;
    const hidden =
      this.step && place && isSmall
        ? tf.tidy(() => this.allAtOnce(this.step!, passes, x, positions, past, place))
        : this.oneByOne(passes, x, positions, past, place);
    if (place) tf.dispose([place.slot, place.visible]);
    return hidden;
  }

  private oneByOne(
    passes: readonly Pass[],
    x: tf.Tensor,
    positions: Positions,
    past: number,
    place: CachePlace | undefined,
  ): tf.Tensor {
    let hidden = x;
    for (const { sublayer, tensors } of passes) {
      const y = tf.tidy(() => {
        if (!(sublayer instanceof AttentionLayer)) return sublayer.forward(hidden, tensors, positions);
        const { before, at } = this.seenBy(sublayer, past, place);
        const { y, ...read } = sublayer.forwardCached(hidden, tensors, positions, before, at);
        this.store(sublayer, read, at);
        return y;
      });
      hidden.dispose();
      hidden = y;
    }
    return hidden;
  }

  private allAtOnce(
    step: WholeStep,
    passes: readonly Pass[],
    x: tf.Tensor,
    positions: Positions,
    past: number,
    place: CachePlace,
  ): tf.Tensor {
    const seen = passes.map(({ sublayer }) =>
      sublayer instanceof AttentionLayer ? this.seenBy(sublayer, past, place) : undefined,
    );
    const tensors = passes.map(({ sublayer, tensors }, i) =>
      sublayer.stepTensors(tensors, positions, seen[i]?.before, seen[i]?.at),
    );
    const { y, cached } = step(x, tensors);
    passes.forEach(({ sublayer }, i) => {
      if (sublayer instanceof AttentionLayer) this.store(sublayer, cached[i]!, seen[i]!.at);
    });
    x.dispose();
    return y;
  }

  /** What a layer has cached of the tokens that the next ones see, and their place if it has room for them. */
  private seenBy(
    sublayer: AttentionLayer,
    past: number,
    place: CachePlace | undefined,
  ): { before: KeyValues | undefined; at: CachePlace | undefined } {
    const { window } = sublayer;
    const stored = this.layers.get(sublayer);
    const at = stored && this.tokens <= (window ?? Infinity) ? place : undefined;
    const before = stored && (at ? withRoom(stored, at.slot.shape[0]!) : stillSeen(stored, past, window));
    return { before, at };
  }

  /** Stores what a layer has read, in place of what was stored. */
  private store(sublayer: AttentionLayer, read: KeyValues, at: CachePlace | undefined): void {
    const stored = this.layers.get(sublayer);
    if (stored) tf.dispose([stored.key, stored.value]);
    const { key, value } = at ? read : stillSeen(read, this.tokens, sublayer.window);
    this.layers.set(sublayer, { key: tf.keep(key), value: tf.keep(value) });
  }

  /** Entries of all keys and values with that room. */
  private entriesAt(room: number): number {
    return [...this.layers.values()].reduce(
      (sum, { key: { shape } }) => sum + 2 * shape[1]! * room * shape[3]!,
      0,
    );
  }

  /** Forgets all tokens. */
  dispose(): void {
    for (const { key, value } of this.layers.values()) tf.dispose([key, value]);
    this.layers.clear();
    this.tokens = 0;
  }
}
