import { gemma3 } from './gemma-3.js';
import type { NamedModel } from './named-model.js';
import { qwenCoder05b, qwenCoder15b } from './qwen2.5-coder.js';
import { smollm2 } from './smollm2.js';

/** All models that have a name, smallest first. */
export const MODELS: readonly NamedModel[] = [smollm2, gemma3, qwenCoder05b, qwenCoder15b];

/** The model of this name, in upper or lower case. */
export function findModel(name: string): NamedModel | undefined {
  return MODELS.find((model) => model.name === name.toLowerCase());
}
