import { UnsupportedModelError } from '../errors.js';
import type { Architecture } from './architecture.js';
import { llama } from './llama.js';
import { mistral } from './mistral.js';
import { qwen2 } from './qwen2.js';
import { qwen3 } from './qwen3.js';

export type { Architecture } from './architecture.js';

/** Every architecture the decoder implements. */
export const architectures: readonly Architecture[] = [llama, mistral, qwen2, qwen3];

/**
 * The architecture of a config.json, by its `model_type`.
 *
 * @throws UnsupportedModelError naming what was found and what is supported.
 */
export function findArchitecture(raw: Readonly<Record<string, unknown>>): Architecture {
  const modelType = raw.base_model_type ?? raw.model_type;
  const found = architectures.find((a) => a.modelType === modelType);
  if (found) return found;
  const names = architectures.map((a) => a.modelType);
  const shown = modelType === undefined ? 'no "model_type"' : `model_type "${String(modelType)}"`;
  throw new UnsupportedModelError(
    `config.json has ${shown}; supported architectures are ${names.join(', ')}.`,
    String(modelType),
    names,
  );
}
