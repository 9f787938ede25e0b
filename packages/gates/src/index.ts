export type { GatedModel, GradientOptions, LossAndGradients } from './gated-model.js';
