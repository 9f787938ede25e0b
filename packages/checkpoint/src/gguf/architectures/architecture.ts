import type { ModelKey } from '../keys.js';

/** Sizes of a model that values of config.json follow from. */
export interface GgufSizes {
  readonly layers: number;
  readonly hiddenSize: number;
  /** Of the first layer, as llama.cpp has it. */
  readonly heads: number;
  readonly headDim: number;
}

/** A number of the metadata that is a field of config.json. */
export interface GgufNumber {
  readonly key: ModelKey;
  /** The field of config.json. */
  readonly field: string;
  /** What llama.cpp takes without the key, and for 0. */
  readonly absent: number | null | ((sizes: GgufSizes) => number);
}

/** Which layers have a window. */
export interface GgufWindows {
  /** Without a list in the metadata: all layers but every so many-th. */
  readonly period: number;
  /** The window without the key. Default: none. */
  readonly absent?: number;
  /** Only models with so many layers have windows, as llama.cpp has it. */
  readonly onlyWithLayers?: number;
}

/** What llama.cpp reads of the rotary embedding, beside base, linear scaling and YaRN with its usual ramp. */
export interface GgufRope {
  /** The tensor `rope_freqs`: one divisor for each frequency. */
  readonly factors?: true;
  /** The tensors of LongRoPE. */
  readonly longrope?: true;
  /** The ends of YaRN's ramp. */
  readonly betas?: true;
  /** A part of each head is rotated. */
  readonly partial?: true;
  /** Queries grow with their position. */
  readonly queryScale?: true;
  /** The metadata state twice as many rotated entries of a head. */
  readonly twice?: true;
  /** Some layer has to have a window, and layers with a window rotate without the scaling of the others. */
  readonly unscaled?: true;
}

/**
 * An architecture of GGUF files, as llama.cpp computes it: how its metadata and tensors stand for those of a Hugging Face
 * folder. Reading and writing share these facts.
 */
export interface GgufArchitecture {
  /** `general.architecture`. */
  readonly name: string;
  /** `model_type` of the config.json that stands for such a file. */
  readonly modelType: string;
  readonly className: string;
  /** Other model types that llama.cpp computes with this architecture. */
  readonly alsoHolds?: readonly string[];
  /** Parts of a layer: GGUF name → Hugging Face name, or the names of the parts whose rows follow each other. */
  readonly parts: Readonly<Record<string, string | readonly string[]>>;
  /** The field of config.json with the activation, and the only one that llama.cpp has. */
  readonly activation: readonly [field: string, value: string];
  /** Whether the rows of q and k are stored in rotary pairs (see rotary-rows.ts). */
  readonly pairedRows?: true;
  /** Stored norms are those of the folder plus this. */
  readonly normOffset?: 1;
  /** `tied`: files have no head of their own. `own`: they always have one. Default: either. */
  readonly head?: 'tied' | 'own';
  /** The biases that llama.cpp adds, by the last part of the Hugging Face name. */
  readonly biases: readonly string[];
  /** Fields of config.json that say whether there are biases, and of which parts. */
  readonly biasFields: Readonly<Record<string, readonly string[]>>;
  /** Widths that the metadata may list by layer. */
  readonly byLayer?: readonly ('channels' | 'heads')[];
  /** Whether layers but the first may have no attention. */
  readonly withoutAttention?: true;
  /** Whether the heads of a layer must span the hidden size. */
  readonly spanning?: true;
  readonly windows?: GgufWindows;
  readonly rope?: GgufRope;
  readonly numbers?: readonly GgufNumber[];
  /** What llama.cpp wants to read in such files beside the model: it changes nothing. */
  padding?(
    sizes: GgufSizes & { readonly contextLength: number; readonly theta: number },
  ): Readonly<Partial<Record<ModelKey, number | readonly boolean[]>>>;
  /** Further fields of config.json. */
  config?(
    sizes: GgufSizes & {
      readonly window: number | undefined;
      has(key: ModelKey): boolean;
      /** Whether a part has a bias in some layer, by the last part of its Hugging Face name. */
      hasBias(part: string): boolean;
    },
  ): Record<string, unknown>;
}
