import { valueDensity } from '@grasp/gates';
import { unitSquares } from '../measures/weight-sums.js';
import type { ScoringMethod } from '../pruning-method.js';

/**
 * Control: `‖g_u‖² + ‖p_u‖² + ‖w_u‖²` of an FFN channel's rows of gate and up and its column of down, and the same sum over
 * the q, k, v and o of a KV group; per cost, ranked globally.
 */
export const magnitude: ScoringMethod = {
  name: 'magnitude',
  needs: 'weights',
  async score({ model, checkpoint }) {
    return valueDensity(model.layout, await unitSquares(checkpoint, model.layout));
  },
};
