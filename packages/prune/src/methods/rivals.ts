import { fisher } from './fisher.js';
import { flap } from './flap.js';
import { llmPruner, llmPrunerElement } from './llm-pruner.js';
import { magnitude } from './magnitude.js';
import type { ScoringMethod } from './pruning-method.js';
import { random } from './random.js';
import { shortGpt } from './shortgpt.js';
import { wandaSp } from './wanda-sp.js';

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
} as const satisfies Readonly<Record<string, ScoringMethod>>;
