import { UnsupportedModelError } from '../../errors.js';
import type { Architecture } from './architecture.js';
import { llama } from './llama.js';
import { mistral } from './mistral.js';
import { qwen2 } from './qwen2.js';
import { qwen3 } from './qwen3.js';

export type { Architecture, ConfigDefaults } from './architecture.js';

/** The built-in architectures. Pass `[...architectures, yours]` where a model of your own is read. */
export const architectures: readonly Architecture[] = [llama, mistral, qwen2, qwen3];

/**
 * Finds the architecture of a config.json by its `model_type`.
 *
 * @param known the supported architectures; of two with the same `modelType` the last one counts.
 * @throws UnsupportedModelError naming the `model_type` and the supported ones.
 */
export function findArchitecture(
  raw: Readonly<Record<string, unknown>>,
  known: readonly Architecture[] = architectures,
): Architecture {
  const modelType = raw.base_model_type ?? raw.model_type;
  const found = known.findLast((a) => a.modelType === modelType);
  if (found) return found;
  const names = known.map((a) => a.modelType);
  const shown = modelType === undefined ? 'no "model_type"' : `model_type "${String(modelType)}"`;
  throw new UnsupportedModelError(
    `config.json has ${shown}. Supported architectures: ${names.join(', ')}.`,
    String(modelType),
    names,
  );
}
