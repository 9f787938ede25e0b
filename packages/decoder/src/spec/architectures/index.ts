import { UnsupportedModelError } from '../../errors.js';
import { arcee } from './arcee.js';
import type { Architecture } from './architecture.js';
import { ernie45 } from './ernie4-5.js';
import { exaone4 } from './exaone4.js';
import { gemma2 } from './gemma2.js';
import { gemma3Text } from './gemma3-text.js';
import { glm4 } from './glm4.js';
import { granite } from './granite.js';
import { llama } from './llama.js';
import { ministral } from './ministral.js';
import { ministral3 } from './ministral3.js';
import { mistral } from './mistral.js';
import { olmo2 } from './olmo2.js';
import { olmo3 } from './olmo3.js';
import { phi3 } from './phi3.js';
import { qwen2 } from './qwen2.js';
import { qwen3 } from './qwen3.js';
import { seedOss } from './seed-oss.js';
import { smollm3 } from './smollm3.js';
import { unsupportedKind } from './unsupported.js';

export type { Architecture, ConfigDefaults } from './architecture.js';

/** The built-in architectures. Pass `[...architectures, yours]` where a model of your own is read. */
export const architectures: readonly Architecture[] = [
  llama,
  mistral,
  ministral,
  ministral3,
  qwen2,
  qwen3,
  gemma2,
  gemma3Text,
  phi3,
  granite,
  smollm3,
  seedOss,
  arcee,
  glm4,
  ernie45,
  exaone4,
  olmo2,
  olmo3,
];

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
  const shown =
    modelType === undefined ? 'no "model_type"' : `model_type ${JSON.stringify(modelType)?.slice(0, 80)}`;
  const kind = unsupportedKind(raw);
  throw new UnsupportedModelError(
    `config.json has ${shown}${kind ? `, ${kind}` : ''}, which is not supported. Supported: ${names.join(', ')}.`,
    String(modelType),
    names,
  );
}
