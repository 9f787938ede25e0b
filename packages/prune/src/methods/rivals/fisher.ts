import type { Layout } from '@grasp/budget';
import type { TokenBatch } from '@grasp/decoder';
import { addSquares, valueDensity } from '@grasp/gates';
import type { ScoringMethod } from '../pruning-method.js';

/**
 * Empirical Fisher information of the gates of the dense model, once: `½ · mean_b (∂L_b/∂z_u)²` over blocks of text (Kwon
 * et al., arXiv 2204.09656), per cost, ranked globally.
 */
export const fisher: ScoringMethod = {
  name: 'fisher',
  needs: 'gradients',
  score: ({ model, batches }) =>
    fisherDensity(model.layout, batches, async (batch) => {
      const { gradients } = await model.under().lossAndGradients(batch, ['gates']);
      return gradients.gates;
    }),
};

/** `½ · mean_b (∂L_b/∂z_u)²` per cost. */
export async function fisherDensity(
  layout: Layout,
  batches: readonly TokenBatch[],
  gateGradients: (batch: TokenBatch) => Promise<Float32Array>,
): Promise<Float32Array> {
  const squares = new Float32Array(layout.size);
  for (const [i, batch] of batches.entries()) addSquares(squares, await gateGradients(batch), 1 / (i + 1));
  return valueDensity(
    layout,
    squares.map((square) => square / 2),
  );
}
