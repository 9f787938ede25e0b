import type { GgmlType } from '@grasp/checkpoint';

/** What most tensors of a file are. */
export type GgufFileType = 'f32' | 'f16' | 'bf16' | 'q8_0' | 'q4_0';

export const GGUF_FILE_TYPES: readonly GgufFileType[] = ['f32', 'f16', 'bf16', 'q8_0', 'q4_0'];

const MATRIX_TYPES = { f32: 'F32', f16: 'F16', bf16: 'BF16', q8_0: 'Q8_0', q4_0: 'Q4_0' } as const;

export type StoredType = (typeof MATRIX_TYPES)[GgufFileType];

/** Elements in a block: rows are stored as whole blocks. */
function blockSize(type: GgufFileType): number {
  return type === 'q8_0' || type === 'q4_0' ? 32 : 1;
}

/**
 * The type of one tensor. Vectors (norms, biases) stay float32. Rows that are no whole blocks stay float16. Four bits
 * are too few for the matrix that computes the logits: it gets eight.
 */
export function tensorType(
  type: GgufFileType,
  shape: readonly number[],
  isHead: boolean,
): StoredType & GgmlType {
  if (shape.length < 2) return 'F32';
  if (shape[1]! % blockSize(type) !== 0) return 'F16';
  return type === 'q4_0' && isHead ? 'Q8_0' : MATRIX_TYPES[type];
}
