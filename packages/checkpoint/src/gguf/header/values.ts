/** A metadata value to be written, with its type in the file. The values of a list have one type. */
export type MetadataValue =
  | { readonly type: 'STRING'; readonly value: string | readonly string[] }
  | { readonly type: 'BOOL'; readonly value: boolean | readonly boolean[] }
  | { readonly type: 'UINT32' | 'INT32' | 'FLOAT32'; readonly value: number | ArrayLike<number> };

/** Metadata to be written, in file order. */
export type Metadata = ReadonlyMap<string, MetadataValue>;

export const text = (value: string): MetadataValue => ({ type: 'STRING', value });
export const texts = (value: readonly string[]): MetadataValue => ({ type: 'STRING', value });
export const flag = (value: boolean): MetadataValue => ({ type: 'BOOL', value });
export const flags = (value: readonly boolean[]): MetadataValue => ({ type: 'BOOL', value });
export const uint32 = (value: number): MetadataValue => ({ type: 'UINT32', value });
export const float32 = (value: number): MetadataValue => ({ type: 'FLOAT32', value });
export const int32s = (value: readonly number[]): MetadataValue => ({ type: 'INT32', value });
export const float32s = (value: ArrayLike<number>): MetadataValue => ({ type: 'FLOAT32', value });
