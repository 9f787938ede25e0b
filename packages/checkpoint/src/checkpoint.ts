/** Element types of a checkpoint's tensors. Quantised GGUF tensors are dequantised to `F32` as they are read. */
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

/** The tensors of a file as they are stored. */
export interface StoredTensors {
  /** Names of the types, such as `Q4_K`: that with most bytes first. */
  readonly types: readonly string[];
  readonly bytes: number;
}

/** A file of a checkpoint other than its tensors: tokenizer, generation config, licence. */
export interface CheckpointFile {
  readonly name: string;
  /** Reads the whole file. */
  read(): Promise<Uint8Array>;
}

/**
 * A model on disk, or a view of one: its config, its tensors, which are read one at a time, and the files beside them.
 *
 * Names, shapes and config keys are those of Hugging Face transformers, for every file format. So a GGUF file, a
 * folder of safetensors and a pruned view of either are used alike.
 */
export interface Checkpoint {
  /** A path, or a description of the view. For messages. */
  readonly source: string;
  /** The content of config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The text of the config.json that `config` was made from. Numbers that did not change are written as in it. */
  readonly configText?: string | undefined;
  /** Every tensor by name, in file order. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Tensors that the model names but that cannot be read, each with the error that reading it throws. */
  readonly absent?: ReadonlyMap<string, Error> | undefined;
  /** What the file holds, if it stores tensors in types of its own, as GGUF does. A view of the checkpoint does not have it. */
  readonly stored?: StoredTensors | undefined;
  /** tokenizer.json and other files that are copied with the weights. */
  readonly files: readonly CheckpointFile[];
  /**
   * Reads one tensor. Nothing is cached.
   *
   * @param rounded allows a quantised tensor to come as `BF16` in place of `F32`: it is then rounded piece by piece, and never in
   *   memory as a whole in float32. A view may leave the rounding to the caller.
   */
  read(name: string, rounded?: 'BF16'): Promise<TensorData>;
  /** Closes the files. Reading fails afterwards. */
  close(): Promise<void>;
}

/** Progress of writing a checkpoint: a tensor was read for writing, or (`verify`) read back. */
export interface TensorProgress {
  readonly stage: 'write' | 'verify';
  readonly name: string;
  /** Tensors done in this stage. */
  readonly done: number;
  readonly total: number;
  /** Bytes of this tensor. */
  readonly bytes: number;
}

/** Number of elements of a shape; 1 of a scalar's, `[]`. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}
