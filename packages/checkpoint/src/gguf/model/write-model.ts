import type { Metadata, MetadataValue } from '../header/values.js';
import { float32, int32s, text, texts, uint32 } from '../header/values.js';
import { GENERAL, MODEL, modelKey } from '../keys.js';
import { type GgufArchitecture, ggufArchitecture } from './architectures.js';
import { FILE_TYPE_IDS, type GgufFileType } from './file-type.js';

/** Widths of a layer as the file stores them. */
export interface GgufLayer {
  readonly channels: number;
  readonly heads: number;
  readonly kvHeads: number;
}

/** The hyperparameters of a decoder that a GGUF file states. */
export interface GgufModel {
  readonly architecture: GgufArchitecture;
  readonly vocabSize: number;
  /** Maximum sequence length, in tokens. */
  readonly contextLength: number;
  readonly hiddenSize: number;
  readonly headDim: number;
  readonly normEpsilon: number;
  readonly ropeTheta: number;
  /** Factor of linear rope scaling, if the model has that. Other scalings are the tensor `rope_freqs.weight`. */
  readonly linearRopeFactor?: number;
  /** Of one shape, except for an architecture whose layers may differ. */
  readonly layers: readonly GgufLayer[];
}

/** What a GGUF file says about itself, beside the model. */
export interface GgufDescription {
  /** What most matrices are. */
  readonly type: GgufFileType;
  /** What runtimes call the model. */
  readonly name?: string | undefined;
  readonly license?: string | undefined;
  readonly licenseName?: string | undefined;
  readonly licenseLink?: string | undefined;
  readonly languages?: readonly string[] | undefined;
}

/** Version of ggml's quantised blocks. */
const QUANTIZATION_VERSION = 2;

/** The metadata of a model and its description, as llama.cpp reads them. */
export function modelMetadata(model: GgufModel, about: GgufDescription): Metadata {
  const { architecture, layers } = model;
  const { byLayer } = ggufArchitecture(architecture);
  const perLayer = (values: readonly number[]) => (byLayer ? int32s(values) : uint32(values[0]!));
  const own: [Parameters<typeof modelKey>[1], MetadataValue][] = [
    [MODEL.vocabSize, uint32(model.vocabSize)],
    [MODEL.contextLength, uint32(model.contextLength)],
    [MODEL.hiddenSize, uint32(model.hiddenSize)],
    [MODEL.layers, uint32(layers.length)],
    [MODEL.channels, perLayer(layers.map(({ channels }) => channels))],
    [MODEL.heads, perLayer(layers.map(({ heads }) => heads))],
    [MODEL.kvHeads, perLayer(layers.map(({ kvHeads }) => kvHeads))],
    [MODEL.keyDim, uint32(model.headDim)],
    [MODEL.valueDim, uint32(model.headDim)],
    [MODEL.normEpsilon, float32(model.normEpsilon)],
    [MODEL.ropeDim, uint32(model.headDim)],
    [MODEL.ropeTheta, float32(model.ropeTheta)],
  ];
  if (model.linearRopeFactor !== undefined) {
    own.push([MODEL.ropeScalingType, text('linear')]);
    own.push([MODEL.ropeScalingFactor, float32(model.linearRopeFactor)]);
  }
  return new Map<string, MetadataValue>([
    [GENERAL.architecture, text(architecture)],
    [GENERAL.type, text('model')],
    ...stated({
      [GENERAL.name]: about.name,
      [GENERAL.license]: about.license,
      [GENERAL.licenseName]: about.licenseName,
      [GENERAL.licenseLink]: about.licenseLink,
    }),
    ...(about.languages === undefined ? [] : [[GENERAL.languages, texts(about.languages)] as const]),
    [GENERAL.fileType, uint32(FILE_TYPE_IDS[about.type])],
    [GENERAL.quantizationVersion, uint32(QUANTIZATION_VERSION)],
    ...own.map(([key, value]) => [modelKey(architecture, key), value] as const),
  ]);
}

const stated = (fields: Readonly<Record<string, string | undefined>>): [string, MetadataValue][] =>
  Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, text(value)]]));
