import type { PruningMethod } from './pruning-method.js';
import { fisher } from './rivals/fisher.js';
import { flap } from './rivals/flap.js';
import { llmPruner, llmPrunerElement } from './rivals/llm-pruner.js';
import { magnitude } from './rivals/magnitude.js';
import { fisherObs, slimGpt } from './rivals/obs.js';
import { owl } from './rivals/owl.js';
import { random } from './rivals/random.js';
import { shortGpt } from './rivals/shortgpt.js';
import { wandaSp } from './rivals/wanda-sp.js';

/** Methods of other work, and controls, by the names that the setting `choice` has for them. */
export const rivals = {
  random,
  magnitude,
  'wanda-sp': wandaSp,
  flap,
  'llm-pruner': llmPruner,
  'llm-pruner-element': llmPrunerElement,
  fisher,
  shortgpt: shortGpt,
  owl,
  slimgpt: slimGpt,
  'fisher-obs': fisherObs,
} as const satisfies Readonly<Record<string, PruningMethod>>;
