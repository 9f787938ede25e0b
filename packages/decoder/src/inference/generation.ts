import * as tf from '@tensorflow/tfjs-core';
import type { DecoderParts } from '../decoder-parts.js';
import { PreparedLayers } from '../layers/prepared-layers.js';
import { splitParameters } from '../layers/split-parameters.js';
import type { DecoderParameters } from '../spec/parameters.js';
import { checkBatch, type TokenBatch } from '../token-batch.js';
import { KeyValueCache } from './key-value-cache.js';

/** Rows of text that a model continues. Each token is read once; keys and values are cached. */
export class Generation {
  private readonly cache: KeyValueCache;
  private readonly layers: PreparedLayers;
  /** The tokens of each row so far, the unread ones included. */
  private all: TokenBatch;

  /**
   * @param unread the tokens to read next: at first the prompts, `[rows, length]`.
   * @throws DecoderInputError if they do not fit the model.
   */
  constructor(
    private readonly parts: DecoderParts,
    parameters: DecoderParameters,
    private unread: TokenBatch,
  ) {
    checkBatch(parts.config, unread, 1);
    this.all = unread;
    this.cache = new KeyValueCache(parts.step);
    this.layers = new PreparedLayers(parts, splitParameters(parts, parameters, 'kept'));
  }

  get rows(): number {
    return this.unread.shape[0];
  }

  get layerCount(): number {
    return this.parts.config.layers.length;
  }

  /** Whether the context has room for the unread tokens. */
  get fits(): boolean {
    return this.cache.length + this.unread.shape[1] <= this.parts.config.contextLength;
  }

  /** Reads the unread tokens and returns the logits of the next token of each row, `[rows, V]`. */
  nextLogits(): tf.Tensor {
    const { head, positions, config } = this.parts;
    if (positions.changes(this.cache.length, this.all.shape[1])) this.readAgain();
    const {
      ids,
      shape: [rows, length],
    } = this.unread;
    const { hiddenSize: d } = config;
    return this.layers.run((passes) => {
      const ofTokens = positions.range(this.cache.length, length);
      const x = this.cache.read(passes, head.embed(ids), ofTokens, length); // [rows·length, d]
      const last = tf.slice(tf.reshape(x, [rows, length, d]), [0, length - 1, 0], [rows, 1, d]);
      return head.logits(tf.reshape(last, [rows, d]), this.layers.norm);
    });
  }

  /** Appends one token to each row. */
  append(ids: Int32Array): void {
    this.unread = { ids, shape: [ids.length, 1] };
    this.all = withTokens(this.all, ids);
  }

  /** Keys have another rotation in a text of this length: reads all tokens again. */
  private readAgain(): void {
    this.cache.dispose();
    this.unread = this.all;
  }

  dispose(): void {
    this.cache.dispose();
    this.layers.dispose();
  }
}

/** Rows with one more token each. */
function withTokens({ ids, shape: [rows, length] }: TokenBatch, next: Int32Array): TokenBatch {
  const longer = new Int32Array(rows * (length + 1));
  for (let row = 0; row < rows; row++) {
    longer.set(ids.subarray(row * length, (row + 1) * length), row * (length + 1));
    longer[(row + 1) * (length + 1) - 1] = next[row]!;
  }
  return { ids: longer, shape: [rows, length + 1] };
}
