import type { LanguageModel } from '../src/model/language-model.js';

/** A model that looks at one token back: `loss(previous, next)` nats. */
export function bigramModel(
  loss: (previous: number, next: number) => number,
  contextLength = 64,
): LanguageModel {
  return {
    contextLength,
    async negLogLikelihood({ ids, shape: [rows, length] }) {
      const losses = new Float32Array(rows * (length - 1));
      for (let i = 0; i < losses.length; i++) {
        const at = Math.floor(i / (length - 1)) * length + (i % (length - 1));
        losses[i] = loss(ids[at]!, ids[at + 1]!);
      }
      return losses;
    },
  };
}
