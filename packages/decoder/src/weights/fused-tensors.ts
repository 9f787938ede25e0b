/** Matrices that a checkpoint stores as one tensor: split where a model is read, joined where it is written. */
import { type Checkpoint, elementCount, type TensorData, type TensorInfo } from '@grasp/checkpoint';
import { WeightShapeError } from '../errors.js';
import type { DecoderConfig } from '../spec/config.js';
import { layerTensor, type ProjectionName, projectionName } from './tensor-names.js';

/** Rows of a stored tensor. */
export interface StoredRows {
  /** Name of the tensor in the checkpoint. */
  readonly stored: string;
  /** Undefined: all rows. */
  readonly rows?: { readonly start: number; readonly count: number };
}

/** One fused tensor of a layer, with the tensors that it holds, from the first row on. */
export interface FusedGroup {
  readonly name: string;
  readonly parts: readonly { readonly name: string; readonly rows: number }[];
}

/** The fused tensors of a model with these layers, biases included. */
export function fusedGroups(config: DecoderConfig): FusedGroup[] {
  const { headDim: h, queriesPerKvHead: G } = config;
  return config.layers.flatMap(({ channels, kvHeads }, layer) => {
    const rowsOf = (part: ProjectionName) => {
      if (part === 'q') return kvHeads * G * h;
      return part === 'k' || part === 'v' ? kvHeads * h : channels;
    };
    return config.fused
      .filter(({ parts }) => rowsOf(parts[0]!) > 0)
      .flatMap(({ name, parts }) =>
        (['weight', 'bias'] as const)
          .filter((kind) => kind === 'weight' || config.biases.includes(parts[0]!))
          .map((kind) => ({
            name: layerTensor(layer, name, kind),
            parts: parts.map((part) => ({ name: projectionName(layer, part, kind), rows: rowsOf(part) })),
          })),
      );
  });
}

/**
 * The parts of a fused tensor with the rows that each takes.
 *
 * @throws WeightShapeError if the tensor has another number of rows
 */
export function splitRows(
  source: string,
  { name, parts }: FusedGroup,
  stored: TensorInfo,
): { readonly info: TensorInfo; readonly from: StoredRows }[] {
  const expected = parts.reduce((sum, { rows }) => sum + rows, 0);
  const [found, ...rest] = stored.shape;
  if (found !== expected) {
    throw new WeightShapeError(
      `${source}: tensor "${name}" has ${found} rows; config.json asks for ${expected}.`,
      name,
      [expected, ...rest],
      stored.shape,
    );
  }
  let start = 0;
  return parts.map((part) => {
    const rows = { start, count: part.rows };
    start += part.rows;
    return {
      info: { name: part.name, dtype: stored.dtype, shape: [part.rows, ...rest] },
      from: { stored: stored.name, rows },
    };
  });
}

/** Rows of a tensor. */
export function rowsOf(tensor: TensorData, { start, count }: NonNullable<StoredRows['rows']>): TensorData {
  const [, ...rest] = tensor.shape;
  const width = elementCount(rest);
  const shape = [count, ...rest];
  const [from, to] = [start * width, (start + count) * width];
  return tensor.dtype === 'F32'
    ? { dtype: 'F32', shape, data: tensor.data.slice(from, to) }
    : { dtype: tensor.dtype, shape, data: tensor.data.slice(from, to) };
}

/**
 * A checkpoint with its fused tensors joined again, as transformers names them. Inverse of what `decoderCheckpoint` does.
 *
 * @param config of this checkpoint: a pruned one's has the widths of the pruned layers.
 */
export function fusedCheckpoint<C extends Checkpoint>(checkpoint: C, config: DecoderConfig): C {
  const groups = fusedGroups(config).filter(({ parts }) => checkpoint.tensors.has(parts[0]!.name));
  if (groups.length === 0) return checkpoint;
  const byName = new Map(groups.map((group) => [group.name, group]));
  const groupOf = new Map(groups.flatMap((group) => group.parts.map(({ name }) => [name, group] as const)));
  const tensors = new Map<string, TensorInfo>();
  for (const [name, info] of checkpoint.tensors) {
    const group = groupOf.get(name);
    if (!group) tensors.set(name, info);
    else if (!tensors.has(group.name)) {
      const rows = group.parts.reduce((sum, part) => sum + part.rows, 0);
      tensors.set(group.name, { name: group.name, dtype: info.dtype, shape: [rows, ...info.shape.slice(1)] });
    }
  }
  return {
    ...checkpoint,
    tensors,
    async read(name: string): Promise<TensorData> {
      const group = byName.get(name);
      if (!group) return checkpoint.read(name);
      const parts: TensorData[] = [];
      for (const part of group.parts) parts.push(await checkpoint.read(part.name));
      return joinRows(parts);
    },
    close: () => checkpoint.close(),
  };
}

/** One tensor with the rows of several. */
export function joinRows(parts: readonly TensorData[]): TensorData {
  const [first] = parts;
  const {
    dtype,
    shape: [, ...rest],
  } = first!;
  const shape = [parts.reduce((sum, part) => sum + part.shape[0]!, 0), ...rest];
  const length = parts.reduce((sum, part) => sum + part.data.length, 0);
  const data = dtype === 'F32' ? new Float32Array(length) : new Uint16Array(length);
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { dtype, shape, data } as TensorData;
}
