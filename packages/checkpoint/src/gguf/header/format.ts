/** "GGUF", little-endian. */
export const MAGIC = 0x46554747;

/** Versions that are read. The last one is written. */
export const VERSIONS: readonly number[] = [2, 3];

/** Tensors, and the data section, begin at multiples of this unless the metadata say otherwise. In bytes. */
export const DEFAULT_ALIGNMENT = 32;

/** Value types of GGUF metadata (`enum gguf_type`). */
export const GGUF_VALUE_TYPES = {
  UINT8: 0,
  INT8: 1,
  UINT16: 2,
  INT16: 3,
  UINT32: 4,
  INT32: 5,
  FLOAT32: 6,
  BOOL: 7,
  STRING: 8,
  ARRAY: 9,
  UINT64: 10,
  INT64: 11,
  FLOAT64: 12,
} as const;

/** The next multiple of `step`, or `value` itself. */
export function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
