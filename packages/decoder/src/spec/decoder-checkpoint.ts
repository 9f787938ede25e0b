import type { Checkpoint } from '@grasp/checkpoint';
import type { Architecture } from './architectures/index.js';
import { type DecoderConfig, decoderConfig } from './config.js';

/** A checkpoint of a decoder with its parsed config.json. */
export interface DecoderCheckpoint extends Checkpoint {
  readonly decoder: DecoderConfig;
}

/** The headers of a checkpoint, with its parsed config.json if somebody has parsed it. */
type Headers = Pick<Checkpoint, 'config'> & { readonly decoder?: DecoderConfig };

/**
 * The parsed config.json of a checkpoint. It is parsed here only if the checkpoint does not carry it, see
 * {@link decoderCheckpoint}.
 *
 * @param architectures the supported architectures. Default: the built-in ones.
 * @throws UnsupportedModelError, ModelConfigError
 */
export function configOf(checkpoint: Headers, architectures?: readonly Architecture[]): DecoderConfig {
  return checkpoint.decoder ?? decoderConfig(checkpoint.config, architectures);
}

/** The checkpoint with its parsed config.json, so that it is parsed once. Arguments and errors as {@link configOf}. */
export function decoderCheckpoint(
  checkpoint: Checkpoint,
  architectures?: readonly Architecture[],
): DecoderCheckpoint {
  const { source, config, tensors, files } = checkpoint;
  return {
    source,
    config,
    tensors,
    files,
    decoder: configOf(checkpoint, architectures),
    read: (name) => checkpoint.read(name),
    close: () => checkpoint.close(),
  };
}
