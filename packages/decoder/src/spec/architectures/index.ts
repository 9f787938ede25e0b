import { UnsupportedModelError } from '../../errors.js';
import type { Architecture } from './architecture.js';
import { llama } from './llama.js';
import { mistral } from './mistral.js';
import { qwen2 } from './qwen2.js';
import { qwen3 } from './qwen3.js';

export type { Architecture } from './architecture.js';

const known: Architecture[] = [llama, mistral, qwen2, qwen3];

/** Every architecture the decoder implements, those registered included. */
export const architectures: readonly Architecture[] = known;

/**
 * Adds an architecture for this process, so that its checkpoints are pruned, evaluated and written like any other. It
 * has to be LLaMA's but for what {@link Architecture} names; compare logits with its own implementation before use. One
 * of the same `modelType` is replaced.
 */
export function registerArchitecture(architecture: Architecture): void {
  const same = known.findIndex(({ modelType }) => modelType === architecture.modelType);
  if (same < 0) known.push(architecture);
  else known[same] = architecture;
}

/**
 * The architecture of a config.json, by its `model_type`.
 *
 * @throws UnsupportedModelError naming what was found and what is supported.
 */
export function findArchitecture(raw: Readonly<Record<string, unknown>>): Architecture {
  const modelType = raw.base_model_type ?? raw.model_type;
  const found = known.find((a) => a.modelType === modelType);
  if (found) return found;
  const names = known.map((a) => a.modelType);
  const shown = modelType === undefined ? 'no "model_type"' : `model_type "${String(modelType)}"`;
  throw new UnsupportedModelError(
    `config.json has ${shown}; supported architectures are ${names.join(', ')}.`,
    String(modelType),
    names,
  );
}
