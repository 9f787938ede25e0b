import type { Checkpoint } from '@grasp/checkpoint';
import type { Architecture } from './architectures/index.js';
import { type DecoderConfig, decoderConfig } from './config.js';

/** A checkpoint of a decoder with its parsed config.json. */
export interface DecoderCheckpoint extends Checkpoint {
  readonly decoder: DecoderConfig;
}

/**
 * Parses the config.json of a checkpoint. A checkpoint that has its parsed config is returned as it is, so config.json is
 * parsed once per model.
 *
 * @param architectures the supported architectures. Default: the built-in ones.
 * @throws UnsupportedModelError, ModelConfigError
 */
export function decoderCheckpoint(
  checkpoint: Checkpoint | DecoderCheckpoint,
  architectures?: readonly Architecture[],
): DecoderCheckpoint {
  if ('decoder' in checkpoint) return checkpoint;
  const { source, config, tensors, files } = checkpoint;
  return {
    source,
    config,
    tensors,
    files,
    decoder: decoderConfig(config, architectures),
    read: (name) => checkpoint.read(name),
    close: () => checkpoint.close(),
  };
}
