import * as tf from '@tensorflow/tfjs-core';
import type { DecoderParts } from '../decoder-parts.js';
import { DecoderStateError } from '../errors.js';
import type { SplitParameters } from './split-parameters.js';
import type { Sublayer, SublayerTensors } from './sublayer.js';

/** A sublayer with the tensors of a question. */
export interface Pass {
  readonly sublayer: Sublayer;
  readonly tensors: SublayerTensors;
}

/**
 * The decoder's layers under the parameters of one question.
 *
 * The weights lie in the order of one permutation at a time. `run` puts them in this question's order and then does the
 * work in the same synchronous run, so that questions that interleave never see each other's order.
 */
export class PreparedLayers {
  private readonly passes: readonly Pass[];
  private readonly edition: number;
  /** The final norm, `[d]`. */
  readonly norm: tf.Tensor;

  constructor(
    private readonly parts: DecoderParts,
    readonly parameters: SplitParameters,
  ) {
    this.edition = parts.state.edition;
    this.assertCurrent();
    this.passes = parts.sublayers.map((sublayer, i) => ({
      sublayer,
      tensors: sublayer.prepare(parameters.sublayers[i]!),
    }));
    this.norm = parts.head.prepareNorm(parameters.finalNorm);
  }

  /**
   * @param work synchronous; its tensors are tidied, but for the result.
   * @throws DecoderStateError if the decoder was disposed of, or its weights were replaced since this question began.
   */
  run<T extends tf.TensorContainer>(work: (passes: readonly Pass[]) => T): T {
    this.assertCurrent();
    this.parts.sublayers.forEach((sublayer, i) => {
      sublayer.permute(this.parameters.sublayers[i]!.permutation);
    });
    return tf.tidy(() => work(this.passes));
  }

  /** The sublayer at a place, from the bottom up, with its tensors. Its weights may be in any order. */
  passOf(place: number): Pass {
    return this.passes[place]!;
  }

  dispose(): void {
    for (const { tensors } of this.passes) {
      tf.dispose({ ...tensors });
    }
    this.norm.dispose();
  }

  private assertCurrent(): void {
    const { disposed, edition } = this.parts.state;
    if (disposed) throw new DecoderStateError('The decoder was disposed of. Load it again.');
    if (edition !== this.edition) {
      throw new DecoderStateError(
        "The decoder's weights were replaced while this question was being answered. Ask again.",
      );
    }
  }
}
