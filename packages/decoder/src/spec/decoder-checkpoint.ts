import { type Checkpoint, elementCount, type TensorData, TensorMissingError } from '@grasp/checkpoint';
import { expectedTensors } from '../weights/expected-tensors.js';
import { rowsOf } from '../weights/fused-tensors.js';
import { modelTensors } from '../weights/model-tensors.js';
import { EMBEDDING, HEAD } from '../weights/tensor-names.js';
import type { Architecture } from './architectures/index.js';
import { architectures as builtIn } from './architectures/index.js';
import { type DecoderConfig, decoderConfig } from './config.js';
import { textConfig } from './text-config.js';

/**
 * A checkpoint of a decoder with its parsed config.json. Its tensors are those that the model has, by the names that
 * transformers gives them.
 */
export interface DecoderCheckpoint extends Checkpoint {
  readonly decoder: DecoderConfig;
  /** One sentence for each way in which the files deviate from config.json, for the user. */
  readonly warnings: readonly string[];
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

/**
 * The checkpoint as transformers reads it, with its parsed config.json, so that it is parsed once: see `modelTensors`.
 * Arguments and errors as {@link configOf}. No weight is read, so a head that is stored although config.json ties it is
 * taken to equal the embedding. {@link openDecoderCheckpoint} compares them.
 */
export function decoderCheckpoint(
  checkpoint: Checkpoint,
  architectures?: readonly Architecture[],
): DecoderCheckpoint {
  if (isDecoderCheckpoint(checkpoint)) return checkpoint;
  const decoder = configOf(checkpoint, architectures);
  const { tensors, stored, tiedHead, warnings } = modelTensors(checkpoint, decoder);
  const { source, configText, files, absent } = checkpoint;
  const config = textConfig(checkpoint.config, architectures ?? builtIn);
  const unverified = `${HEAD} is stored although config.json ties it to ${EMBEDDING}. The two were not compared, and the head is ignored.`;
  return {
    source,
    config,
    configText, // also of a model that this one is a part of: a number that moved keeps its text
    tensors,
    files,
    ...(absent ? { absent: neededOf(absent, decoder) } : {}),
    decoder,
    warnings: tiedHead === undefined ? warnings : [unverified, ...warnings],
    async read(name, rounded) {
      const info = tensors.get(name);
      if (!info) throw new TensorMissingError(source, name);
      const from = stored.get(name);
      if (from === undefined) return zeros(info.dtype, info.shape);
      const tensor = await checkpoint.read(from.stored, rounded);
      return from.rows ? rowsOf(tensor, from.rows) : tensor;
    },
    close: () => checkpoint.close(),
  };
}

/**
 * As {@link decoderCheckpoint}, but if config.json ties the head to the embedding and both are stored, they are compared.
 * If they differ, the stored head is used and the config of the result says so (transformers 5, `tie_weights`).
 *
 * @throws as {@link decoderCheckpoint}; what reading the two tensors throws
 */
export async function openDecoderCheckpoint(
  checkpoint: Checkpoint,
  architectures?: readonly Architecture[],
): Promise<DecoderCheckpoint> {
  if (isDecoderCheckpoint(checkpoint)) return checkpoint;
  const decoder = configOf(checkpoint, architectures);
  const parsed = { ...copyOf(checkpoint), decoder };
  const { stored, tiedHead, warnings } = modelTensors(checkpoint, decoder);
  if (tiedHead === undefined) return decoderCheckpoint(parsed);
  const embedding = await checkpoint.read(stored.get(EMBEDDING)!.stored);
  const equal = sameValues(embedding, await checkpoint.read(tiedHead));
  if (equal) return { ...decoderCheckpoint(parsed), warnings };
  const untied = {
    ...parsed,
    config: { ...textConfig(checkpoint.config, architectures ?? builtIn), tie_word_embeddings: false },
    decoder: { ...decoder, tiedHead: false },
  };
  const differs =
    `${HEAD} differs from ${EMBEDDING}, to which config.json ties it. The stored head is used, as in transformers 5; ` +
    'transformers 4 uses the embedding.';
  return { ...decoderCheckpoint(untied), warnings: [differs, ...warnings] };
}

/** The absent tensors that the model has, by their names in the model. */
function neededOf(absent: ReadonlyMap<string, Error>, config: DecoderConfig): ReadonlyMap<string, Error> {
  const needed = new Map<string, Error>();
  for (const { name } of expectedTensors(config)) {
    const reason = absent.get(name) ?? absent.get(name.replace(/^model\./, ''));
    if (reason) needed.set(name, reason);
  }
  return needed;
}

function isDecoderCheckpoint(checkpoint: Checkpoint): checkpoint is DecoderCheckpoint {
  return 'decoder' in checkpoint && 'warnings' in checkpoint;
}

/** A copy whose methods do not depend on `this`. */
function copyOf(checkpoint: Checkpoint): Checkpoint {
  const { source, config, configText, tensors, files, absent } = checkpoint;
  return {
    ...{ source, config, configText, tensors, files },
    ...(absent ? { absent } : {}),
    read: (name, rounded) => checkpoint.read(name, rounded),
    close: () => checkpoint.close(),
  };
}

function zeros(dtype: TensorData['dtype'], shape: readonly number[]): TensorData {
  const length = elementCount(shape);
  return dtype === 'F32'
    ? { dtype, shape, data: new Float32Array(length) }
    : { dtype, shape, data: new Uint16Array(length) };
}

/** Whether two tensors have the same shape, dtype and numbers. Zeros of both signs are equal, NaN equals nothing. */
function sameValues(a: TensorData, b: TensorData): boolean {
  if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return false;
  const [x, y] = [a.data, b.data];
  for (let i = 0; i < x.length; i++) {
    if (x[i] !== y[i] && (a.dtype === 'F32' || ((x[i]! | y[i]!) & 0x7fff) !== 0)) return false;
  }
  return true;
}
