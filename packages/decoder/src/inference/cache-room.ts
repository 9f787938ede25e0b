/**
 * Room in a cache of keys and values. Its length grows in steps, so that the shapes of most steps of a generation are those of
 * the step before, and a runtime can record them.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { CachePlace, KeyValues } from '../layers/sublayer.js';

const LEAST = 256;

/** Tokens that a cache of so many has room for: a power of 2. */
export const roomFor = (tokens: number): number => Math.max(LEAST, 2 ** Math.ceil(Math.log2(tokens)));

/** Keys and values, `[B, K, S, h]`, with zeros up to `room` tokens. */
export function withRoom({ key, value }: KeyValues, room: number): KeyValues {
  const padded = (x: tf.Tensor) => {
    const missing = room - x.shape[2]!;
    return missing === 0
      ? tf.clone(x)
      : tf.pad(x, [
          [0, 0],
          [0, 0],
          [0, missing],
          [0, 0],
        ]);
  };
  return { key: padded(key), value: padded(value) };
}

/** Of keys and values, `[B, K, S, h]`, that may have room behind `tokens`: those that the next token sees. */
export function stillSeen({ key, value }: KeyValues, tokens: number, window = Infinity): KeyValues {
  const [B, K, S, h] = key.shape as [number, number, number, number];
  const end = Math.min(S, tokens);
  const seen = Math.min(end, window - 1);
  const part = (x: tf.Tensor) => (S > seen ? tf.slice(x, [0, 0, end - seen, 0], [B, K, seen, h]) : x);
  return { key: part(key), value: part(value) };
}

/** The place of the token after `past` others, in a cache with `room`. */
export function placeAt(past: number, room: number): CachePlace {
  const slot = new Float32Array(room);
  slot[past] = 1;
  const visible = new Float32Array(room).fill(-1e9, past + 1);
  return { slot: tf.tensor2d(slot, [room, 1]), visible: tf.tensor3d(visible, [1, 1, room]) };
}
