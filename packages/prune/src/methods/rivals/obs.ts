import { rankWithin } from '@grasp/budget';
import { obsWithin } from '../obs/obs-within.js';
import { addOutputMoments, type OutputMoments } from '../obs/output-moments.js';
import type { MaskingMethod } from '../pruning-method.js';
import { fisherDensity } from './fisher.js';

/**
 * Optimal brain surgeon by the error of the output, with the same share of units in every layer and kind (as in SlimGPT, arXiv
 * 2412.18110, which varies the share by layer, and OSSCAR, 2403.12983). Its update of the weights is the refit's.
 */
export const slimGpt: MaskingMethod = {
  name: 'slimgpt',
  needs: 'activations',
  async mask(inputs) {
    const equal = rankWithin(inputs.model.layout, new Float32Array(inputs.model.layout.size));
    return obsWithin(inputs, inputs.project(equal));
  },
};

/**
 * Optimal brain surgeon by the loss: errors of the output are weighted by the Fisher information of the output, `E[g gᵀ]`,
 * within the layer counts of one-shot Fisher importance (between OSSCAR and LLM Surgeon, arXiv 2312.17244).
 */
export const fisherObs: MaskingMethod = {
  name: 'fisher-obs',
  needs: 'gradients',
  async mask(inputs) {
    const { model, batches, project } = inputs;
    const moments: OutputMoments = new Map();
    const density = await fisherDensity(model.layout, batches, async (batch) => {
      const { gates } = await addOutputMoments(moments, model, batch);
      return gates;
    });
    return obsWithin(inputs, project(density), moments);
  },
};
