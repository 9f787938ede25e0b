import * as tf from '@tensorflow/tfjs-core';
import type { DecoderConfig } from '../spec/config.js';
import { KeyValueCache } from './key-value-cache.js';
import type { LanguageHead } from '../layers/language-head.js';
import type { RotaryPositions } from '../layers/rotary-positions.js';
import type { Sublayer } from '../layers/sublayer.js';
import { checkBatch, type TokenBatch } from '../token-batch.js';

/** The parts of a model that read. */
export interface ReadingModel {
  readonly config: DecoderConfig;
  readonly head: LanguageHead;
  readonly sublayers: readonly Sublayer[];
  readonly positions: RotaryPositions;
}

/** Rows of text that grow at their ends, and what follows them by a model, which reads each token once. */
export class GrowingRows {
  private readonly cache: KeyValueCache;

  /**
   * @param unread tokens that are read next: the prompts at first, `[rows, length]`.
   * @throws DecoderInputError where they do not fit the model.
   */
  constructor(
    private readonly model: ReadingModel,
    private unread: TokenBatch,
  ) {
    checkBatch(model.config, unread, 1);
    this.cache = new KeyValueCache(model.sublayers);
  }

  get rows(): number {
    return this.unread.shape[0];
  }

  /** Whether the context has room for what is not read yet. */
  get fits(): boolean {
    return this.cache.length + this.unread.shape[1] <= this.model.config.contextLength;
  }

  /** Reads on, and gives the logits of what follows each row, `[rows, V]`. */
  nextLogits(): tf.Tensor {
    const { head, positions, config } = this.model;
    const {
      ids,
      shape: [rows, length],
    } = this.unread;
    const { hiddenSize: d } = config;
    const x = this.cache.read(head.embed(ids), positions.table(this.cache.length, length)); // [rows·length, d]
    const last = tf.slice(tf.reshape(x, [rows, length, d]), [0, length - 1, 0], [rows, 1, d]);
    return head.logits(tf.reshape(last, [rows, d]));
  }

  /** Puts one more token to the end of each row. */
  append(ids: Int32Array): void {
    this.unread = { ids, shape: [ids.length, 1] };
  }

  dispose(): void {
    this.cache.dispose();
  }
}
