import { CheckpointUnsupportedError } from '../../errors.js';
import type { GgufMetadata } from '../header/metadata.js';
import { GENERAL } from '../keys.js';

/**
 * The GGUF architectures that are read and written, with their Hugging Face names. Mistral models are `llama` in GGUF.
 * `deci` is llama whose layers may differ in width.
 *
 * `pairedRows`: the rows of q and k are stored in rotary pairs (see rotary-rows.ts).
 */
const GGUF_ARCHITECTURES = {
  llama: { modelType: 'llama', className: 'LlamaForCausalLM', pairedRows: true, byLayer: false },
  deci: { modelType: 'llama', className: 'LlamaForCausalLM', pairedRows: true, byLayer: true },
  qwen2: { modelType: 'qwen2', className: 'Qwen2ForCausalLM', pairedRows: false, byLayer: false },
  qwen3: { modelType: 'qwen3', className: 'Qwen3ForCausalLM', pairedRows: false, byLayer: false },
} as const;

export type GgufArchitecture = keyof typeof GGUF_ARCHITECTURES;

export interface GgufArchitectureFacts {
  /** `model_type` of config.json. */
  readonly modelType: string;
  readonly className: string;
  /** Whether the rows of q and k are stored in rotary pairs. */
  readonly pairedRows: boolean;
  /** Whether the metadata list widths by layer. */
  readonly byLayer: boolean;
}

/** What this package knows about a GGUF architecture. */
export const ggufArchitecture = (name: GgufArchitecture): GgufArchitectureFacts => GGUF_ARCHITECTURES[name];

/**
 * The architecture that a file names.
 *
 * @throws CheckpointUnsupportedError if it is not one that this package reads
 */
export function readArchitecture(metadata: GgufMetadata): GgufArchitecture {
  const name = metadata.text(GENERAL.architecture) ?? '(none)';
  if (Object.hasOwn(GGUF_ARCHITECTURES, name)) return name as GgufArchitecture;
  const what = `architecture ${JSON.stringify(name.slice(0, 80))}`;
  throw new CheckpointUnsupportedError(metadata.file, what, Object.keys(GGUF_ARCHITECTURES));
}
