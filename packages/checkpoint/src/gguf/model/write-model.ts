import type { GgufArchitecture } from '../architectures/architecture.js';
import type { Metadata, MetadataValue } from '../header/values.js';
import { flags, float32, int32s, text, texts, uint32 } from '../header/values.js';
import { GENERAL, MODEL, type ModelKey, modelKey } from '../keys.js';
import type { RopeTensors } from '../rotary/rope-scaling.js';
import { FILE_TYPE_IDS, type GgufFileType } from './file-type.js';
import { hasWindow } from './windows.js';

/** Widths of a layer as the file stores them. */
export interface GgufLayer {
  readonly channels: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Whether its attention has the model's window. */
  readonly hasWindow: boolean;
}

/** The rotary embedding that a GGUF file states. */
export interface GgufRotary {
  readonly theta: number;
  /** Entries of a head that are rotated. */
  readonly dims: number;
  readonly scaling?: {
    readonly type: 'linear' | 'yarn' | 'longrope';
    readonly factor?: number;
    /** The length that the model was trained on, in tokens. */
    readonly originalContext?: number;
    /** Factor on queries and keys, beside that of YaRN. Default 1. */
    readonly attentionFactor?: number;
    /** The ends of YaRN's ramp. */
    readonly betas?: { readonly fast: number; readonly slow: number };
  };
  /** Queries are multiplied by `1 + queryScale · ln(1 + ⌊position / originalContext⌋)`. */
  readonly queryScale?: number;
  /** Divisors of the frequencies, stored as tensors. */
  readonly tensors: RopeTensors;
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
  readonly rotary: GgufRotary;
  /** Most keys that a query sees in layers with a window. */
  readonly window?: number;
  /** Factors and caps. Those that the architecture has are written. */
  readonly numbers: Readonly<Partial<Record<ModelKey, number>>>;
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
  const { byLayer = [] } = architecture;
  const perLayer = (kind: 'channels' | 'heads', values: readonly number[]) =>
    byLayer.includes(kind) ? int32s(values) : uint32(values[0]!);
  const own: Entries = [
    [MODEL.vocabSize, uint32(model.vocabSize)],
    [MODEL.contextLength, uint32(model.contextLength)],
    [MODEL.hiddenSize, uint32(model.hiddenSize)],
    [MODEL.layers, uint32(layers.length)],
    [
      MODEL.channels,
      perLayer(
        'channels',
        layers.map(({ channels }) => channels),
      ),
    ],
    [
      MODEL.heads,
      perLayer(
        'heads',
        layers.map(({ heads }) => heads),
      ),
    ],
    [
      MODEL.kvHeads,
      perLayer(
        'heads',
        layers.map(({ kvHeads }) => kvHeads),
      ),
    ],
    [MODEL.keyDim, uint32(model.headDim)],
    [MODEL.valueDim, uint32(model.headDim)],
    [MODEL.normEpsilon, float32(model.normEpsilon)],
    ...rotaryEntries(model),
    ...windowEntries(model),
    ...numberEntries(model),
    ...paddingEntries(model),
  ];
  return new Map<string, MetadataValue>([
    [GENERAL.architecture, text(architecture.name)],
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
    ...own.map(([key, value]) => [modelKey(architecture.name, key), value] as const),
  ]);
}

type Entries = (readonly [ModelKey, MetadataValue])[];

function rotaryEntries({ architecture, rotary }: GgufModel): Entries {
  const { theta, dims, scaling, queryScale } = rotary;
  const entries: Entries = [
    [MODEL.ropeDim, uint32(architecture.rope?.twice ? 2 * dims : dims)],
    [MODEL.ropeTheta, float32(theta)],
  ];
  if (queryScale !== undefined) entries.push([MODEL.temperatureScale, float32(queryScale)]);
  if (!scaling) return entries;
  entries.push([MODEL.ropeScalingType, text(scaling.type)]);
  if (scaling.factor !== undefined) entries.push([MODEL.ropeScalingFactor, float32(scaling.factor)]);
  if (scaling.originalContext !== undefined) {
    entries.push([MODEL.ropeOriginalContext, uint32(scaling.originalContext)]);
  }
  if ((scaling.attentionFactor ?? 1) !== 1) {
    entries.push([MODEL.ropeAttentionFactor, float32(scaling.attentionFactor!)]);
  }
  if (scaling.betas) {
    entries.push([MODEL.yarnBetaFast, float32(scaling.betas.fast)]);
    entries.push([MODEL.yarnBetaSlow, float32(scaling.betas.slow)]);
  }
  return entries;
}

/** A list of the layers with a window only if it is not the usual one, which older versions of llama.cpp assume. */
function windowEntries({ architecture: { windows }, window, layers, contextLength }: GgufModel): Entries {
  if (!windows || (window === undefined && windows.absent === undefined)) return [];
  if ((windows.onlyWithLayers ?? layers.length) !== layers.length) return [];
  // llama.cpp aborts if no layer has a window. One as long as the context hides nothing.
  if (window === undefined) return [[MODEL.window, uint32(contextLength)]];
  const list = layers.map((layer) => layer.hasWindow);
  const usual = list.every((has, layer) => has === hasWindow(layer, windows));
  return [
    [MODEL.window, uint32(window)] as const,
    ...(usual ? [] : [[MODEL.windowPattern, flags(list)] as const]),
  ];
}

function numberEntries({ architecture, numbers }: GgufModel): Entries {
  return (architecture.numbers ?? []).flatMap(({ key }): Entries => {
    const value = numbers[key];
    return value === undefined ? [] : [[key, float32(value)]];
  });
}

function paddingEntries({ architecture, layers, rotary: { theta }, ...sizes }: GgufModel): Entries {
  const { heads } = layers[0]!;
  const padding = architecture.padding?.({ ...sizes, layers: layers.length, heads, theta }) ?? {};
  return Object.entries(padding).map(([key, value]) => [
    key as ModelKey,
    typeof value !== 'number' ? flags(value) : key === MODEL.ropeThetaLocal ? float32(value) : uint32(value),
  ]);
}

const stated = (fields: Readonly<Record<string, string | undefined>>): [string, MetadataValue][] =>
  Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, text(value)]]));
