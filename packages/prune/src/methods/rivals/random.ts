import { Random } from '@grasp/gates';
import type { ScoringMethod } from '../pruning-method.js';

/** Separates the random numbers of scores from those of other stages. */
const SCORES = 2;

/** Control: uniform scores, by the seed of the run. */
export const random: ScoringMethod = {
  name: 'random',
  needs: 'nothing',
  async score({ model, seed }) {
    const generator = new Random(seed, SCORES);
    return Float32Array.from({ length: model.layout.size }, () => generator.next() / 2 ** 32);
  },
};
