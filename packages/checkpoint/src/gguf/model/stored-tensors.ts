import { elementCount } from '../../checkpoint.js';
import { CheckpointFormatError, CheckpointUnsupportedError } from '../../errors.js';
import type { GgufArchitecture } from '../architectures/architecture.js';
import type { GgufTensorInfo } from '../header/read-header.js';
import { GGML_TYPES } from '../quantized/types.js';
import { hasRotaryRows } from './stored-form.js';
import { huggingFaceNames, ROPE_TENSORS } from './tensor-names.js';

const ROPE_NAMES: readonly string[] = Object.values(ROPE_TENSORS);

/**
 * Where each tensor of the Hugging Face folder is stored: a tensor of the file, or rows of one.
 *
 * @throws CheckpointUnsupportedError, CheckpointFormatError
 */
export function storedTensors(
  file: string,
  tensors: ReadonlyMap<string, GgufTensorInfo>,
  arch: GgufArchitecture,
  config: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, GgufTensorInfo> {
  const headDim = Number(config.head_dim);
  const stored = new Map<string, GgufTensorInfo>();
  for (const info of tensors.values()) {
    if (ROPE_NAMES.includes(info.name)) continue;
    const names = huggingFaceNames(info.name, arch);
    if (names === undefined) {
      const what = `tensor ${JSON.stringify(info.name)} in architecture ${arch.name}`;
      throw new CheckpointUnsupportedError(file, what);
    }
    let start = 0;
    for (const name of names) {
      const count = names.length === 1 ? info.shape[0]! : rowsOfPart(name, config);
      const rows = rowsOf(info, start, count);
      start += count;
      if (arch.pairedRows && hasRotaryRows(name) && !(headDim % 2 === 0 && count % headDim === 0)) {
        throw new CheckpointFormatError(
          file,
          `tensor ${info.name} has ${count} rows for heads of ${headDim}`,
        );
      }
      if (stored.has(name)) throw new CheckpointFormatError(file, `it has ${name} twice`);
      stored.set(name, rows);
    }
    if (start !== info.shape[0]) {
      throw new CheckpointFormatError(file, `tensor ${info.name} has ${info.shape[0]} rows, not ${start}`);
    }
  }
  return stored;
}

/** Rows of a stored tensor, as if they were a tensor of their own. */
function rowsOf(info: GgufTensorInfo, start: number, count: number): GgufTensorInfo {
  const [all, ...rest] = info.shape;
  if (start === 0 && count === all) return info;
  const { blockSize, blockBytes } = GGML_TYPES[info.type];
  const rowBytes = (elementCount(rest) / blockSize) * blockBytes;
  return {
    ...info,
    shape: [count, ...rest],
    position: info.position + start * rowBytes,
    byteLength: count * rowBytes,
  };
}

/**
 * The rows of a projection that is stored together with others.
 *
 * @param name Hugging Face name
 */
function rowsOfPart(name: string, config: Readonly<Record<string, unknown>>): number {
  const [, layer, part] = /^model\.layers\.(\d+)\.\w+\.([a-z]+)_proj\./.exec(name)!;
  const shapes = config.layer_shapes as readonly Readonly<Record<string, number>>[] | undefined;
  const shape = shapes?.[Number(layer)] ?? (config as Readonly<Record<string, number>>);
  if (part === 'gate' || part === 'up') return shape.intermediate_size!;
  const heads = part === 'q' ? shape.num_attention_heads! : shape.num_key_value_heads!;
  return heads * Number(config.head_dim);
}
