import type { GgmlType } from '../quantized/types.js';

/** Files that can be written: ggml's type of most matrices, and llama.cpp's number for such a file (`llama_ftype`). */
const FILE_TYPES = {
  f32: { matrix: 'F32', id: 0 },
  f16: { matrix: 'F16', id: 1 },
  bf16: { matrix: 'BF16', id: 32 },
  q8_0: { matrix: 'Q8_0', id: 7 },
  q6_k: { matrix: 'Q6_K', id: 18 },
  q5_k_m: { matrix: 'Q5_K', id: 17 },
  q4_k_m: { matrix: 'Q4_K', id: 15 },
  q4_0: { matrix: 'Q4_0', id: 2 },
} as const;

/** What most matrices of a file are. */
export type GgufFileType = keyof typeof FILE_TYPES;

export const GGUF_FILE_TYPES = Object.keys(FILE_TYPES) as readonly GgufFileType[];

export const FILE_TYPE_IDS = Object.fromEntries(
  Object.entries(FILE_TYPES).map(([type, { id }]) => [type, id]),
) as Readonly<Record<GgufFileType, number>>;

/** Element types that are written. Q5_0 and Q5_1 stand in for K-quants where rows are no whole super-blocks. */
export type StoredType = ((typeof FILE_TYPES)[GgufFileType]['matrix'] | 'Q5_0' | 'Q5_1') & GgmlType;

/** The type of most matrices. */
export const matrixType = (type: GgufFileType): StoredType => FILE_TYPES[type].matrix;
