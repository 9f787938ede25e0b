/**
 * Named maxima for the claims of a file's header. Each is far above any published model, and bounds the memory that a
 * hostile file can make this package allocate. Every count is also compared with the size of the file.
 */
export const LIMITS = {
  /** Bytes of a safetensors header: the bound of the reference implementation. */
  safetensorsHeaderBytes: 100_000_000,
  /** Dimensions of a tensor. */
  rank: 8,
  /** UTF-16 units of a tensor's name. */
  nameLength: 1024,
  /** Bytes of config.json. */
  configBytes: 16 * 2 ** 20,
  /** Bytes of model.safetensors.index.json. */
  indexBytes: 64 * 2 ** 20,
  /** Bytes of a file that is copied with the weights (tokenizer.json of the largest vocabularies has 35 MB). */
  extraFileBytes: 512 * 2 ** 20,
  /** Layers of a GGUF model. */
  layers: 4096,
  /** Bytes of a GGUF header: metadata and tensor infos together. */
  ggufHeaderBytes: 512 * 2 ** 20,
  /** Bytes of one GGUF string. */
  ggufStringBytes: 16 * 2 ** 20,
  /** Entries of one GGUF array: twice the largest vocabulary's merges. */
  ggufArrayLength: 4_000_000,
  /** UTF-16 units of a token's text: the longest known are runs of some hundred spaces. */
  tokenLength: 1024,
  /** Depth of GGUF arrays within arrays. */
  ggufArrayDepth: 2,
  /** GGUF metadata entries. */
  ggufMetadataCount: 65_536,
  /** GGUF tensors. */
  ggufTensorCount: 1_000_000,
} as const;
