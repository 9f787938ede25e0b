import { CheckpointUnsupportedError } from '../../errors.js';
import type { GgufMetadata } from '../header/metadata.js';
import { GENERAL } from '../keys.js';
import { arcee } from './arcee.js';
import type { GgufArchitecture } from './architecture.js';
import { ernie45 } from './ernie4-5.js';
import { exaone4 } from './exaone4.js';
import { gemma2 } from './gemma2.js';
import { gemma3 } from './gemma3.js';
import { glm4 } from './glm4.js';
import { granite } from './granite.js';
import { deci, llama } from './llama.js';
import { mistral3 } from './mistral3.js';
import { olmo2 } from './olmo2.js';
import { phi3 } from './phi3.js';
import { qwen2 } from './qwen2.js';
import { openelm, qwen3, step35 } from './qwen3.js';
import { seedOss } from './seed-oss.js';
import { smollm3 } from './smollm3.js';

/** The GGUF architectures that are read and written. */
export const ggufArchitectures: readonly GgufArchitecture[] = [
  llama,
  deci,
  mistral3,
  qwen2,
  qwen3,
  openelm,
  step35,
  gemma2,
  gemma3,
  phi3,
  granite,
  smollm3,
  seedOss,
  arcee,
  glm4,
  ernie45,
  exaone4,
  olmo2,
];

/**
 * The architecture that a file names.
 *
 * @throws CheckpointUnsupportedError if it is not one that this package reads
 */
export function readArchitecture(metadata: GgufMetadata): GgufArchitecture {
  const name = metadata.text(GENERAL.architecture) ?? '(none)';
  const found = ggufArchitectures.find((architecture) => architecture.name === name);
  if (found) return found;
  const what = `architecture ${JSON.stringify(name.slice(0, 80))}`;
  const known = ggufArchitectures.map((architecture) => architecture.name);
  throw new CheckpointUnsupportedError(metadata.file, what, known);
}
