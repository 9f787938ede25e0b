/** Element types a checkpoint can hand out. Quantised GGUF tensors are dequantised to `F32` as they are read. */
export type TensorDType = 'F32' | 'F16' | 'BF16';

export interface TensorInfo {
  readonly name: string;
  readonly dtype: TensorDType;
  readonly shape: readonly number[];
}

/** A tensor's elements in row-major order. `F16` and `BF16` are raw 16-bit patterns. */
export type TensorData =
  | { readonly dtype: 'F32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'F16' | 'BF16'; readonly shape: readonly number[]; readonly data: Uint16Array };

/** A file that belongs to a checkpoint beside its tensors: tokenizer, generation config, licence. */
export interface CheckpointFile {
  readonly name: string;
  /** The whole file. */
  read(): Promise<Uint8Array>;
}

/**
 * A model on disk, or a view of one: its config, its tensors read one at a time, and the files beside them.
 *
 * Names, shapes and config keys are those of Hugging Face transformers whatever the file format, so a GGUF file,
 * a folder of safetensors and a pruned view of either are used alike.
 */
export interface Checkpoint {
  /** Where it came from, for messages: a path, or a description of the view. */
  readonly source: string;
  /** The content of config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Every tensor by name, in file order. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** tokenizer.json and whatever else should travel with the weights. */
  readonly files: readonly CheckpointFile[];
  /** Reads one tensor. Nothing is cached: reading twice reads the file twice. */
  read(name: string): Promise<TensorData>;
  /** Lets go of the files; nothing can be read after it. */
  close(): Promise<void>;
}
