import { createLayout } from '@grasp/budget';
import type { GatedModel } from '../src/index.js';

/**
 * `L(z) = Σ_i (batch · z_i² − w_i · z_i)`: a unit is worth keeping where `w_i` is positive, and the batch enters the
 * gradient, so that a wrong data order shows.
 */
export function toyModel(worth: readonly number[]): GatedModel<number> {
  const size = worth.length;
  const half = size >> 1;
  return {
    layout: createLayout([
      { layer: 0, kind: 'ffn', count: half, cost: 1 },
      { layer: 0, kind: 'kv', count: size - half, cost: 3 },
    ]),
    async lossAndGateGradients(batch, gates, { units = 'all' } = {}) {
      let loss = 0;
      const gradients = new Float32Array(size);
      for (let unit = 0; unit < size; unit++) {
        const gate = gates[unit]!;
        loss += batch * gate ** 2 - worth[unit]! * gate;
        if (units === 'all' || gate !== 0) gradients[unit] = 2 * batch * gate - worth[unit]!;
      }
      return { loss, gradients };
    },
  };
}
