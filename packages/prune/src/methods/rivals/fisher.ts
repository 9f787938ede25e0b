import { addSquares, valueDensity } from '@grasp/gates';
import type { ScoringMethod } from '../pruning-method.js';

/**
 * Empirical Fisher information of the gates of the dense model, once: `½ · mean_b (∂L_b/∂z_u)²` over blocks of text (Kwon
 * et al., arXiv 2204.09656), per cost, ranked globally.
 */
export const fisher: ScoringMethod = {
  name: 'fisher',
  needs: 'gradients',
  async score({ model, batches }) {
    const { layout } = model;
    const view = model.under();
    const squares = new Float32Array(layout.size);
    for (const [i, batch] of batches.entries()) {
      const { gradients } = await view.lossAndGradients(batch, ['gates']);
      addSquares(squares, gradients.gates, 1 / (i + 1));
    }
    return valueDensity(
      layout,
      squares.map((square) => square / 2),
    );
  },
};
