import { GGML_TYPES, type GgmlType } from '../quantized/types.js';

/** Files that can be written: ggml's type of most matrices, and llama.cpp's number for such a file (`llama_ftype`). */
const FILE_TYPES = {
  f32: { matrix: 'F32', id: 0 },
  f16: { matrix: 'F16', id: 1 },
  bf16: { matrix: 'BF16', id: 32 },
  q8_0: { matrix: 'Q8_0', id: 7 },
  q4_0: { matrix: 'Q4_0', id: 2 },
} as const;

/** What most matrices of a file are. */
export type GgufFileType = keyof typeof FILE_TYPES;

export const GGUF_FILE_TYPES = Object.keys(FILE_TYPES) as readonly GgufFileType[];

export const FILE_TYPE_IDS = Object.fromEntries(
  Object.entries(FILE_TYPES).map(([type, { id }]) => [type, id]),
) as Readonly<Record<GgufFileType, number>>;

/** Element types that are written. */
export type StoredType = (typeof FILE_TYPES)[GgufFileType]['matrix'] & GgmlType;

/**
 * The type of one tensor in a file. Vectors (norms, biases) stay float32. Matrices whose rows are no whole blocks stay
 * float16. Four bits are too few for the matrix that computes the logits: it gets eight.
 *
 * @param shape `[rows, columns]`, or `[length]` for a vector
 * @param isHead whether the matrix computes the logits
 */
export function storedType(type: GgufFileType, shape: readonly number[], isHead: boolean): StoredType {
  if (shape.length < 2) return 'F32';
  const { matrix } = FILE_TYPES[type];
  if (shape[1]! % GGML_TYPES[matrix].blockSize !== 0) return 'F16';
  return type === 'q4_0' && isHead ? 'Q8_0' : matrix;
}
